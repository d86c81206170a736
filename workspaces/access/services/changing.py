"""Changes what the workspace gives, and what a custom role says and grants.

A change is made against what its author was shown (`seen`, a mark of it): whoever
changed the same meanwhile wins, and the author is shown what there is now.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import rules, selectors
from workspaces.access.features import (
    LABELS,
    Feature,
    Value,
    default_of,
    on_plan,
)
from workspaces.access.models import Baseline, CustomRole, RoleGrant, RoleSetting
from workspaces.access.services import writing
from workspaces.roles.matrix import grantable_on
from workspaces.tenancy.selectors import WorkspaceRef

Settings = Mapping[Feature, Value | None]


class NothingChanges(Refused):
    """What was asked for is what there is."""

    status = 422


class ChangedMeanwhile(Refused):
    """Somebody else changed the same since it was shown."""


class NotOnThisPlan(Refused):
    """The plan has no such feature, or nobody may grant that permission on it."""

    status = 422


def set_baseline(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    values: Mapping[Feature, Value],
    seen: str,
    at: datetime,
) -> None:
    """Change what the workspace gives; what its plan begins with needs no row."""
    actor.require(Permission.ROLES_MANAGE)
    _demand_on_plan(workspace, values)
    with writing.opened(workspace):
        writing.lock_workspace(workspace)
        before = selectors.state(workspace=workspace).baseline
        if seen != rules.mark(before):
            raise _changed_meanwhile()
        changed = {one: v for one, v in values.items() if v != before[one]}
        if not changed:
            raise _nothing_changes()
        for feature, value in changed.items():
            _keep(workspace, feature, value)
        writing.record(
            actor,
            "workspaces.baseline.changed",
            workspace,
            at,
            changes=_changes(before, changed),
        )


def set_role(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    role: UUID,
    values: Settings,
    grants: frozenset[str],
    seen: str,
    at: datetime,
) -> CustomRole:
    """Change what a role says (nothing, where a value is missing) and grants."""
    actor.require(Permission.ROLES_MANAGE)
    _demand_on_plan(workspace, values)
    with writing.opened(workspace):
        row = writing.locked(role)
        before, granted = writing.said_by(row), selectors.granted_by(role=row)
        if seen != rules.mark(before, granted):
            raise _changed_meanwhile()
        _demand_grantable(workspace, grants - granted)
        writing.demand_no_more(
            grants | granted, than=actor.permissions, plan=workspace.plan
        )
        changed = {one: v for one, v in values.items() if v != before.get(one)}
        changes = _changes(before, changed)
        if granted != grants:
            changes["grants"] = (sorted(granted), sorted(grants))
        if not changes:
            raise _nothing_changes()
        _write(workspace, row, changed, grants)
        writing.record(
            actor,
            "workspaces.custom_role.changed",
            workspace,
            at,
            role=row,
            changes=changes,
        )
        return row


def _changes(
    before: Mapping[Feature, Value], changed: Settings
) -> dict[str, tuple[Any, Any]]:
    return {
        one.value: (writing.plain(before.get(one)), writing.plain(value))
        for one, value in changed.items()
    }


def _keep(workspace: WorkspaceRef, feature: Feature, value: Value) -> None:
    Baseline.objects.filter(feature=feature.value).delete()
    if value != default_of(feature, plan=workspace.plan):
        Baseline.objects.create(
            workspace_id=workspace.id, feature=feature.value, **_columns(value)
        )


def _write(
    workspace: WorkspaceRef, role: CustomRole, changed: Settings, grants: frozenset[str]
) -> None:
    names = [one.value for one in changed]
    RoleSetting.objects.filter(role=role, feature__in=names).delete()
    RoleSetting.objects.bulk_create(
        RoleSetting(
            workspace_id=workspace.id,
            role=role,
            feature=one.value,
            **_columns(value),
        )
        for one, value in changed.items()
        if value is not None
    )
    kept = RoleGrant.objects.filter(role=role)
    kept.exclude(permission__in=grants).delete()
    held = set(kept.values_list("permission", flat=True))
    RoleGrant.objects.bulk_create(
        RoleGrant(workspace_id=workspace.id, role=role, permission=one)
        for one in sorted(grants - held)
    )


def _columns(value: Value) -> dict[str, object]:
    if isinstance(value, frozenset):
        return {"value": "", "names": sorted(value)}
    return {"value": value, "names": None}


def _demand_on_plan(workspace: WorkspaceRef, values: Settings) -> None:
    missing = [one for one in values if one not in on_plan(workspace.plan)]
    if missing:
        raise NotOnThisPlan(
            _("“%s” is not part of this workspace's plan.") % LABELS[missing[0]]
        )


def _demand_grantable(workspace: WorkspaceRef, grants: frozenset[str]) -> None:
    possible = {one.value for one in grantable_on(workspace.plan)}
    if not grants <= possible:
        raise NotOnThisPlan(_("A custom role cannot grant that here."))


def _changed_meanwhile() -> ChangedMeanwhile:
    return ChangedMeanwhile(
        _("Somebody changed the same meanwhile: look at it again. Nothing was saved.")
    )


def _nothing_changes() -> NothingChanges:
    return NothingChanges(_("That is what is set already; nothing was changed."))
