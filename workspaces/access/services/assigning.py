"""Gives custom roles to members and to groups, and takes them back."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit.actor import Actor
from kit.departures import Leaver
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors
from workspaces.access.models import CustomRole, RoleAssignment
from workspaces.access.services import writing
from workspaces.access.services.writing import GivesMoreThanYours
from workspaces.groups import selectors as groups
from workspaces.groups.models import Group
from workspaces.members import selectors as members
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.selectors import WorkspaceRef

__all__ = ["GivesMoreThanYours"]

Row = TypeVar("Row", Membership, Group)


class AssignedAlready(Refused):
    """The role is given there already."""


class NotAssigned(Refused):
    """The role is not given there."""

    status = 404


class MemberIsOut(Refused):
    """Roles are for people who are in the workspace."""


def assign_to_member(
    *, actor: Actor, workspace: WorkspaceRef, role: UUID, member: UUID, at: datetime
) -> Membership:
    """Give a role to one member."""
    actor.require(Permission.ROLES_MANAGE)
    with writing.opened(workspace):
        row = _givable(actor, workspace, role)
        # Whoever ends memberships holds this row, too: none ends while it gets a role.
        found = _locked(Membership.objects.all(), members.one(member=member))
        if found.status == MembershipStatus.REMOVED:
            raise MemberIsOut(_("This person is no member of this workspace any more."))
        _assign(actor, workspace, row, at, membership=found)
        return found


def assign_to_group(
    *, actor: Actor, workspace: WorkspaceRef, role: UUID, group: UUID, at: datetime
) -> Group:
    """Give a role to all who are in a group, now and later; whoever keeps the group."""
    actor.require(Permission.ROLES_MANAGE)
    with writing.opened(workspace):
        row = _givable(actor, workspace, role)
        found = _locked(Group.objects.all(), groups.one(group=group))
        _assign(actor, workspace, row, at, group=found)
        return found


def take_from_member(
    *, actor: Actor, workspace: WorkspaceRef, role: UUID, member: UUID, at: datetime
) -> Membership:
    """Take a role back from one member; through groups they may have it still."""
    actor.require(Permission.ROLES_MANAGE)
    with writing.opened(workspace):
        row, found = _givable(actor, workspace, role), members.one(member=member)
        _take(actor, workspace, row, at, membership=found)
        return found


def take_from_group(
    *, actor: Actor, workspace: WorkspaceRef, role: UUID, group: UUID, at: datetime
) -> Group:
    """Take a role back from all who are in a group."""
    actor.require(Permission.ROLES_MANAGE)
    with writing.opened(workspace):
        row, found = _givable(actor, workspace, role), groups.one(group=group)
        _take(actor, workspace, row, at, group=found)
        return found


def end_assignments(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Take all roles that a leaving member was given directly; how many.

    Who is only suspended keeps them, as they keep their built-in role.
    """
    if not leaver.is_removed:
        return 0
    rows = RoleAssignment.objects.filter(membership_id=leaver.membership_id)
    held = list(CustomRole.objects.filter(pk__in=rows.values("role_id")).order_by("id"))
    for role in held:
        recording.record(
            actor=actor,
            action="workspaces.custom_role.unassigned",
            target=Target(kind="member", id=leaver.member),
            organization_id=leaver.organization_id,
            workspace=leaver.workspace,
            at=at,
            changes={"custom_role": (_named(role), None)},
        )
    rows.delete()
    return len(held)


def _locked(rows: QuerySet[Row], found: Row) -> Row:
    row = rows.filter(pk=found.pk).select_for_update().first()
    if row is None:
        raise groups.GroupIsGone(_("This workspace has no such group."))
    return row


def _givable(actor: Actor, workspace: WorkspaceRef, role: UUID) -> CustomRole:
    row = writing.locked(role)
    granted = selectors.granted_by(role=row)
    writing.demand_no_more(granted, than=actor.permissions, plan=workspace.plan)
    return row


def _assign(
    actor: Actor,
    workspace: WorkspaceRef,
    role: CustomRole,
    at: datetime,
    **whom: Membership | Group,
) -> None:
    if RoleAssignment.objects.filter(role=role, **whom).exists():
        raise AssignedAlready(_("“%s” is given there already.") % role.name)
    RoleAssignment.objects.create(
        workspace_id=workspace.id, role=role, assigned_at=at, **whom
    )
    _record(actor, workspace, role, at, _target(whom), is_given=True)


def _take(
    actor: Actor,
    workspace: WorkspaceRef,
    role: CustomRole,
    at: datetime,
    **whom: Membership | Group,
) -> None:
    gone, _rows = RoleAssignment.objects.filter(role=role, **whom).delete()
    if not gone:
        raise NotAssigned(_("“%s” is not given there.") % role.name)
    _record(actor, workspace, role, at, _target(whom), is_given=False)


def _target(whom: dict[str, Any]) -> Target:
    ((kind, row),) = whom.items()
    names = {"membership": "member", "group": "group"}
    return Target(kind=names[kind], id=row.public_id)


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    role: CustomRole,
    at: datetime,
    target: Target,
    *,
    is_given: bool,
) -> None:
    verb = "assigned" if is_given else "unassigned"
    named = _named(role)
    writing.record(
        actor,
        f"workspaces.custom_role.{verb}",
        workspace,
        at,
        target=target,
        changes={"custom_role": (None, named) if is_given else (named, None)},
    )


def _named(role: CustomRole) -> dict[str, str]:
    return {"id": str(role.public_id), "name": role.name}
