"""Makes, renames and deletes custom roles."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors
from workspaces.access.models import (
    CustomRole,
    RoleAssignment,
    RoleGrant,
    RoleSetting,
)
from workspaces.access.services import writing
from workspaces.groups.rules import fold
from workspaces.tenancy import naming
from workspaces.tenancy.selectors import WorkspaceRef

MOST_ROLES = 100
LONGEST_PURPOSE = 400


class TooManyRoles(Refused):
    """A workspace has MOST_ROLES custom roles at most."""


class RoleNameIsTaken(Refused):
    """Two custom roles of a workspace never have one name."""


class PurposeIsTooLong(Refused):
    """A purpose is a sentence or two."""

    status = 422


def create(
    *, actor: Actor, workspace: WorkspaceRef, name: str, purpose: str, at: datetime
) -> CustomRole:
    """Make a role that says nothing yet."""
    actor.require(Permission.ROLES_MANAGE)
    name, purpose = naming.name(name), _purpose(purpose)
    with writing.opened(workspace):
        writing.lock_workspace(workspace)
        if CustomRole.objects.count() >= MOST_ROLES:
            raise TooManyRoles(
                _("A workspace has %d custom roles at most: delete one first.")
                % MOST_ROLES
            )
        folded = _free(name)
        row = CustomRole.objects.create(
            workspace_id=workspace.id,
            name=name,
            folded_name=folded,
            purpose=purpose,
            created_at=at,
        )
        writing.record(
            actor,
            "workspaces.custom_role.created",
            workspace,
            at,
            role=row,
            changes={"name": (None, name), "purpose": (None, purpose)},
        )
        return row


def rename(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    role: UUID,
    name: str,
    purpose: str,
    at: datetime,
) -> CustomRole:
    """Give a role another name or purpose; what changes nothing leaves no entry."""
    actor.require(Permission.ROLES_MANAGE)
    name, purpose = naming.name(name), _purpose(purpose)
    with writing.opened(workspace):
        writing.lock_workspace(workspace)
        row = writing.locked(role)
        pairs = {"name": (row.name, name), "purpose": (row.purpose, purpose)}
        changes = {one: pair for one, pair in pairs.items() if pair[0] != pair[1]}
        if not changes:
            return row
        row.folded_name = _free(name, other_than=row.pk)
        row.name, row.purpose = name, purpose
        row.save(update_fields=["name", "folded_name", "purpose"])
        writing.record(
            actor,
            "workspaces.custom_role.renamed",
            workspace,
            at,
            role=row,
            changes=changes,
        )
        return row


def delete(*, actor: Actor, workspace: WorkspaceRef, role: UUID, at: datetime) -> None:
    """Delete a role: whoever has it has it no more, from their next request on."""
    actor.require(Permission.ROLES_MANAGE)
    with writing.opened(workspace):
        writing.lock_workspace(workspace)
        row = writing.locked(role)
        grants = selectors.granted_by(role=row)
        writing.demand_no_more(grants, than=actor.permissions, plan=workspace.plan)
        said = writing.said_by(row)
        ended = RoleAssignment.objects.filter(role=row)
        counts = {
            "members": ended.filter(membership__isnull=False).count(),
            "groups": ended.filter(group__isnull=False).count(),
        }
        writing.record(
            actor,
            "workspaces.custom_role.deleted",
            workspace,
            at,
            role=row,
            changes={
                "name": (row.name, None),
                "grants": (sorted(grants), []),
                **{one.value: (writing.plain(v), None) for one, v in said.items()},
            },
            counts=counts,
        )
        for model in (RoleAssignment, RoleGrant, RoleSetting):
            model.objects.filter(role=row).delete()
        CustomRole.objects.filter(pk=row.pk).delete()


def _free(name: str, *, other_than: int = 0) -> str:
    folded = fold(name)
    taken = CustomRole.objects.filter(folded_name=folded).exclude(pk=other_than)
    if taken.exists():
        raise RoleNameIsTaken(_("Another custom role is named “%s” already.") % name)
    return folded


def _purpose(text: str) -> str:
    clean = naming.printable(text.strip()) if text.strip() else ""
    if len(text.strip()) > LONGEST_PURPOSE:
        raise PurposeIsTooLong(
            _("A purpose has %d characters at most.") % LONGEST_PURPOSE
        )
    return clean
