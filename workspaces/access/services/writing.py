"""What every verb of roles does alike: open, lock, demand, and record."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors
from workspaces.access.features import Feature, Value
from workspaces.access.models import CustomRole
from workspaces.access.selectors import RoleIsGone
from workspaces.roles.matrix import grantable_on
from workspaces.roles.rules import may_give
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

Changes = Mapping[str, tuple[Any, Any]]


class GivesMoreThanYours(Refused):
    """Nobody gives, by a role, more than they hold."""

    status = 403


def opened(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    """The scope of the workspace."""
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def lock_workspace(workspace: WorkspaceRef) -> None:
    """Of two changes at the same time the second sees the first."""
    Workspace.objects.select_for_update().get(pk=workspace.id)


def locked(role: UUID) -> CustomRole:
    """The role, locked until the change is whole."""
    found = CustomRole.objects.filter(public_id=role).select_for_update().first()
    if found is None:
        raise RoleIsGone(_("This workspace has no such custom role."))
    return found


def said_by(role: CustomRole) -> dict[Feature, Value]:
    """What a role says now."""
    return {
        Feature(row.feature): selectors.value_of(row) for row in role.settings.all()
    }


def demand_no_more(
    granted: frozenset[str], *, than: frozenset[Permission], plan: str
) -> None:
    """Refuses what the actor does not hold; what the plan lacks counts for nobody."""
    wanted = frozenset(map(Permission, granted)) & grantable_on(plan)
    if may_give(own=than, other=wanted):
        return
    raise GivesMoreThanYours(
        _("This role grants more than you may do yourself; nobody can give that.")
    )


def plain(value: Value | None) -> Any:
    """A value as the log keeps it."""
    return sorted(value) if isinstance(value, frozenset) else value


def record(
    actor: Actor,
    action: str,
    workspace: WorkspaceRef,
    at: datetime,
    *,
    target: Target | None = None,
    role: CustomRole | None = None,
    **what: Any,
) -> None:
    """One entry about a role, or about the workspace itself."""
    if role is not None:
        target = Target(kind="custom_role", id=role.public_id)
    recording.record(
        actor=actor,
        action=action,
        target=target or Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        **what,
    )
