"""Creates, changes and deletes groups, each act one entry whatever it touches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.groups import rules, selectors, storage
from workspaces.groups.models import Group, GroupRole, Source
from workspaces.groups.services import roles
from workspaces.groups.storage import Subject, Written
from workspaces.roles.selectors import custom_roles_through, may_act_on_group
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

# An entry names that many members of a change; the counts are always whole.
_NAMED = 500
MOST_GROUPS = 10_000
Changes = Mapping[str, tuple[Any, Any]]


class GroupNameIsTaken(Refused):
    """Two groups of a workspace never have one name."""


class GroupGivesMoreThanYours(Refused):
    """Whoever lets people into a group, or out of it, may do all that it gives."""

    status = 403


class TooManyGroups(Refused):
    """A workspace has at most MOST_GROUPS groups."""


@dataclass(frozen=True, kw_only=True)
class MemberChange:
    """Who comes in and who goes; with `clears`, everybody else goes as well."""

    adds: tuple[Subject, ...] = ()
    removes: frozenset[UUID] = frozenset()
    clears: bool = False

    @property
    def is_nothing(self) -> bool:
        return not (self.adds or self.removes or self.clears)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What came of a change."""

    group: Group
    is_changed: bool
    memberships: tuple[int, ...] = ()


def create(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    name: str,
    members: MemberChange,
    source: Source,
    may_own: bool,
    is_discoverable: bool = True,
    attributes: Changes | None = None,
    at: datetime,
) -> Group:
    """Make a group with its first members."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        folded = rules.fold(name)
        _demand_free(name, folded)
        _demand_room(workspace)
        row = Group.objects.create(
            workspace_id=workspace.id,
            name=name,
            folded_name=folded,
            source=source,
            is_discoverable=is_discoverable,
            created_at=at,
        )
        added = storage.add(
            workspace_id=workspace.id, group_id=row.pk, subjects=members.adds, at=at
        )
        _record(
            actor,
            "workspaces.group.created",
            row,
            workspace,
            at,
            changes={"displayName": (None, name), **(attributes or {})},
            added=added,
        )
        roles.apply_roles(
            actor=actor,
            workspace=workspace,
            memberships=added.memberships,
            may_own=may_own,
            at=at,
        )
        return row


def change(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: Group,
    name: str,
    members: MemberChange,
    may_own: bool,
    attributes: Changes | None = None,
    at: datetime,
) -> Changed:
    """Rename a group and change its members; what changes nothing leaves no entry."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        if not members.is_nothing:
            _demand_gives_no_more_than_own(actor, workspace, group)
        changes = dict(attributes or {}) | _renamed(group, name)
        removed, added = _moved(workspace, group, members, at=at)
        moved = removed.subjects or added.subjects or added.renamed
        if not changes and not moved:
            return Changed(group=group, is_changed=False)
        _record(
            actor,
            "workspaces.group.changed",
            group,
            workspace,
            at,
            changes=changes,
            added=added,
            removed=removed,
        )
        touched = (*removed.memberships, *added.memberships)
        roles.apply_roles(
            actor=actor,
            workspace=workspace,
            memberships=touched,
            may_own=may_own,
            at=at,
        )
        return Changed(group=group, is_changed=True, memberships=touched)


def delete(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    group: Group,
    may_own: bool,
    at: datetime,
) -> None:
    """Delete a group; the roles that it gave go with it."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        _demand_gives_no_more_than_own(actor, workspace, group)
        removed = storage.remove_others(
            workspace_id=workspace.id, group_id=group.pk, subjects=(), at=at
        )
        GroupRole.objects.filter(group_id=group.pk).delete()
        _record(
            actor,
            "workspaces.group.deleted",
            group,
            workspace,
            at,
            changes={"displayName": (group.name, None), **_custom_roles(group)},
            removed=removed,
        )
        Group.objects.filter(pk=group.pk).delete()
        roles.apply_roles(
            actor=actor,
            workspace=workspace,
            memberships=removed.memberships,
            may_own=may_own,
            at=at,
            even_without_rules=True,
        )


def forget(*, workspace: WorkspaceRef, subject: UUID, at: datetime) -> list[int]:
    """Take a person that is gone out of all groups; the caller records it."""
    with _open(workspace):
        return storage.remove_everywhere(
            workspace_id=workspace.id, subject=subject, at=at
        )


def recognize(
    *, workspace: WorkspaceRef, subject: UUID, membership_id: int | None, at: datetime
) -> None:
    """Let a listed person's groups count for a membership; the caller records it."""
    with _open(workspace):
        storage.recognize(
            workspace_id=workspace.id,
            subject=subject,
            membership_id=membership_id,
            at=at,
        )


def _renamed(group: Group, name: str) -> dict[str, tuple[Any, Any]]:
    if name == group.name:
        return {}
    folded = rules.fold(name)
    _demand_free(name, folded, other_than=group.pk)
    before, group.name, group.folded_name = group.name, name, folded
    group.save(update_fields=["name", "folded_name"])
    return {"displayName": (before, name)}


def _demand_free(name: str, folded: str, *, other_than: int | None = None) -> None:
    if selectors.is_taken(folded_name=folded, other_than=other_than):
        raise GroupNameIsTaken(_("Another group is named “%s” already.") % name)


def _custom_roles(group: Group) -> dict[str, tuple[Any, Any]]:
    """The custom roles that go with a group, which the database takes along."""
    names = custom_roles_through(group_id=group.pk)
    return {"custom_roles": (names, [])} if names else {}


def _demand_gives_no_more_than_own(
    actor: Actor, workspace: WorkspaceRef, group: Group
) -> None:
    if not may_act_on_group(
        group_id=group.pk,
        role=selectors.role_of(group_id=group.pk),
        own=actor.permissions,
        plan=workspace.plan,
    ):
        raise GroupGivesMoreThanYours(
            _("The group “%s” gives more than you may do; an owner can change it.")
            % group.name
        )


def _demand_room(workspace: WorkspaceRef) -> None:
    """Whoever makes a group waits for the one before: no two take the last place."""
    mine = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.id)
    mine.values_list("pk").get()
    if selectors.number() >= MOST_GROUPS:
        raise TooManyGroups(
            _("A workspace has at most %s groups: delete one that nobody needs first.")
            % grouped(MOST_GROUPS)
        )


def _moved(
    workspace: WorkspaceRef, group: Group, members: MemberChange, *, at: datetime
) -> tuple[Written, Written]:
    where: dict[str, Any] = {
        "workspace_id": workspace.id,
        "group_id": group.pk,
        "at": at,
    }
    if members.clears:
        stay = [one.id for one in members.adds]
        removed = storage.remove_others(**where, subjects=stay)
    else:
        removed = storage.remove(**where, subjects=members.removes)
    return removed, storage.add(**where, subjects=members.adds)


def _record(
    actor: Actor,
    action: str,
    group: Group,
    workspace: WorkspaceRef,
    at: datetime,
    *,
    changes: Changes,
    added: Written | None = None,
    removed: Written | None = None,
) -> None:
    gone = removed.subjects if removed else ()
    come = added.subjects if added else ()
    moved: Changes = {}
    if gone or come:
        moved = {"members": (_names(gone), _names(come))}
    counts = {"added": len(come), "removed": len(gone)}
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="group", id=group.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={**changes, **moved},
        counts={name: number for name, number in counts.items() if number},
    )


def _names(subjects: Collection[UUID]) -> list[str]:
    return [one.hex for one in list(subjects)[:_NAMED]]


def _open(workspace: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
