"""Gives and takes the roles that belonging to a group gives.

A role changes in the transaction of the change of membership. Who was made owner by
hand stays owner whatever groups say, and nobody becomes owner through a group unless
that is switched on.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.groups import rules, selectors
from workspaces.groups.models import GivenRole, Group, GroupRole
from workspaces.members import selectors as people
from workspaces.members import services as members
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles.matrix import LABELS, Role, permissions_of
from workspaces.roles.rules import may_give
from workspaces.tenancy import naming
from workspaces.tenancy.selectors import WorkspaceRef


class OwnershipIsOff(Refused):
    """A group gives ownership only where that was switched on."""


def give_role(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: Group,
    role: str,
    may_own: bool,
    at: datetime,
) -> None:
    """Let a group give a role, to its members now and to come."""
    actor.require(Permission.ROLES_MANAGE)
    wanted = _known(role)
    if wanted is Role.OWNER and not may_own:
        raise OwnershipIsOff(
            _(
                "Groups give no ownership here. Switch on “Groups may make owners” "
                "first, if your identity provider is meant to decide who owns this "
                "workspace."
            )
        )
    _demand_no_more_than_own(actor, workspace, wanted)
    _set(actor, workspace, group, wanted, may_own=may_own, at=at)


def take_role(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: Group,
    may_own: bool,
    at: datetime,
) -> None:
    """Let a group give no role any more; who has theirs through it loses it."""
    actor.require(Permission.ROLES_MANAGE)
    _set(actor, workspace, group, None, may_own=may_own, at=at)


def apply_roles(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    memberships: Collection[int],
    may_own: bool,
    at: datetime,
    even_without_rules: bool = False,
) -> None:
    """Bring the roles of these members to what their groups give now."""
    if not memberships:
        return
    if not even_without_rules and not selectors.any_gives_a_role():
        return
    with _open(workspace):
        given = selectors.roles_given(membership_ids=memberships)
        before = selectors.given_before(membership_ids=memberships)
        found = people.by_id(ids=[*(given.keys() | before.keys())])
        for row in found.values():
            wanted = rules.strongest(given.get(row.pk, []), may_own=may_own)
            _bring(actor, workspace, row, before.get(row.pk, ""), wanted, at=at)


def _bring(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Membership,
    before: str,
    wanted: str,
    *,
    at: datetime,
) -> None:
    if row.status == MembershipStatus.REMOVED:
        return
    after = rules.next_role(current=row.role, given=before, wanted=wanted)
    if after != row.role:
        members.change_role(
            actor=actor, workspace=workspace, member=row.public_id, role=after, at=at
        )
    _remember(workspace, row, before, wanted if after == wanted else "")


def _remember(
    workspace: WorkspaceRef, row: Membership, before: str, given: str
) -> None:
    mine = GivenRole.objects.filter(membership_id=row.pk)
    if given == before:
        return
    if not given:
        mine.delete()
    elif not mine.update(role=given):
        GivenRole.objects.create(
            workspace_id=workspace.id, membership_id=row.pk, role=given
        )


def _set(
    actor: Actor,
    workspace: WorkspaceRef,
    group: Group,
    role: Role | None,
    *,
    may_own: bool,
    at: datetime,
) -> None:
    with _open(workspace):
        mine = GroupRole.objects.filter(group_id=group.pk)
        before = mine.values_list("role", flat=True).first()
        after = role.value if role else None
        if before == after:
            return
        mine.delete()
        if after:
            GroupRole.objects.create(
                workspace_id=workspace.id, group=group, role=after, set_at=at
            )
        recording.record(
            actor=actor,
            action="workspaces.group.role-mapped",
            target=Target(kind="group", id=group.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={"role": (before, after)},
        )
        apply_roles(
            actor=actor,
            workspace=workspace,
            memberships=selectors.members_of(group_id=group.pk),
            may_own=may_own,
            at=at,
            even_without_rules=True,
        )


def _known(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise members.UnknownRole(
            _("There is no role “%s”.") % naming.printable(role)
        ) from None


def _demand_no_more_than_own(actor: Actor, workspace: WorkspaceRef, role: Role) -> None:
    other = permissions_of(role=role, plan=workspace.plan)
    if not may_give(own=actor.permissions, other=other):
        raise members.RoleIsAboveYours(
            _("The role %s may do more than yours; an owner can map it.") % LABELS[role]
        )


def _open(workspace: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
