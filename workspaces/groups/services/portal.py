"""What people change of groups here; the provider's own are left to the provider."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.groups import ownership, selectors
from workspaces.groups.models import GivenRole, Group, GroupMember, Source
from workspaces.groups.services import keeping
from workspaces.groups.services.keeping import Changed, MemberChange
from workspaces.groups.storage import Subject
from workspaces.members import selectors as people
from workspaces.members.models import MembershipStatus
from workspaces.members.selectors import MemberIsGone
from workspaces.tenancy import naming
from workspaces.tenancy.selectors import WorkspaceRef


class GroupIsManaged(Refused):
    """The identity provider keeps the group (`scim_managed_resource`)."""


class GroupGivesTooMuch(Refused):
    """The group gives what the actor may not hand out."""

    status = 403


def found(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    name: str,
    is_discoverable: bool = True,
    at: datetime,
) -> Group:
    """Make an empty group that is kept here."""
    return keeping.create(
        actor=actor,
        workspace=workspace,
        name=naming.name(name),
        members=MemberChange(),
        source=Source.PORTAL,
        may_own=False,
        is_discoverable=is_discoverable,
        at=at,
    )


def edit(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: UUID,
    name: str,
    is_discoverable: bool,
    at: datetime,
) -> Changed:
    """Rename a group, and let members find it or not."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        row = _locked(group)
        wanted = row.name if row.source == Source.SCIM else naming.name(name)
        if row.source == Source.SCIM and name not in ("", row.name):
            raise _managed(row)
        before = row.is_discoverable
        changes: dict[str, tuple[Any, Any]] = {}
        if before != is_discoverable:
            row.is_discoverable = is_discoverable
            row.save(update_fields=["is_discoverable"])
            changes["discoverable"] = (before, is_discoverable)
        return keeping.change(
            actor=actor,
            workspace=workspace,
            group=row,
            name=wanted,
            members=MemberChange(),
            may_own=ownership.may_own(),
            attributes=changes,
            at=at,
        )


def admit(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: UUID,
    members: Collection[UUID],
    at: datetime,
) -> Changed:
    """Put members into a group; who is in it already stays."""
    with _open(workspace):
        adds = tuple(_subject(one) for one in members)
        return _change(actor, workspace, group, MemberChange(adds=adds), at=at)


def dismiss(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: UUID,
    members: Collection[UUID],
    at: datetime,
) -> Changed:
    """Take members out of a group."""
    with _open(workspace):
        removes = frozenset(_subject(one, may_be_gone=True).id for one in members)
        return _change(actor, workspace, group, MemberChange(removes=removes), at=at)


def discard(
    *, actor: Actor, workspace: WorkspaceRef, group: UUID, at: datetime
) -> None:
    """Delete a group that is kept here, with all that it gives."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        row = _locked(group)
        _demand_ours(row)
        _demand_not_above(actor, row)
        keeping.delete(
            actor=actor,
            workspace=workspace,
            group=row,
            may_own=ownership.may_own(),
            at=at,
        )


def leave_all(
    *, actor: Actor, workspace: WorkspaceRef, membership_id: int, at: datetime
) -> int:
    """Take a member who was removed out of the groups that are kept here.

    Somebody who comes back begins without what groups gave them before.
    """
    with _open(workspace):
        mine = GroupMember.objects.filter(membership_id=membership_id)
        entries = dict(mine.values_list("group_id", "subject"))
        kept_here = Group.objects.filter(pk__in=entries, source=Source.PORTAL)
        rows = list(kept_here.order_by("id"))
        for row in rows:
            keeping.change(
                actor=actor,
                workspace=workspace,
                group=row,
                name=row.name,
                members=MemberChange(removes=frozenset({entries[row.pk]})),
                may_own=ownership.may_own(),
                at=at,
            )
        GivenRole.objects.filter(membership_id=membership_id).delete()
        return len(rows)


def _change(
    actor: Actor,
    workspace: WorkspaceRef,
    group: UUID,
    members: MemberChange,
    *,
    at: datetime,
) -> Changed:
    actor.require(Permission.MEMBERS_MANAGE)
    row = _locked(group)
    _demand_ours(row)
    _demand_not_above(actor, row)
    return keeping.change(
        actor=actor,
        workspace=workspace,
        group=row,
        name=row.name,
        members=members,
        may_own=ownership.may_own(),
        at=at,
    )


def _locked(group: UUID) -> Group:
    row = Group.objects.select_for_update().filter(public_id=group).first()
    return row or selectors.one(group=group)


def _subject(member: UUID, *, may_be_gone: bool = False) -> Subject:
    row = people.one(member=member)
    if row.status == MembershipStatus.REMOVED and not may_be_gone:
        raise MemberIsGone(_("This workspace has no such member."))
    return Subject(id=row.public_id, membership_id=row.pk, display=row.name)


def _demand_ours(row: Group) -> None:
    if row.source == Source.SCIM:
        raise _managed(row)


def _managed(row: Group) -> GroupIsManaged:
    return GroupIsManaged(
        _(
            "Your identity provider keeps the group “%s” (scim_managed_resource): "
            "change its name and members there."
        )
        % row.name
    )


def _demand_not_above(actor: Actor, row: Group) -> None:
    if actor.may(Permission.ROLES_MANAGE):
        return
    if selectors.role_of(group_id=row.pk):
        raise GroupGivesTooMuch(
            _(
                "The group “%s” gives a role, and only owners change roles: an owner "
                "can change who is in it or delete it."
            )
            % row.name
        )


def _open(workspace: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
