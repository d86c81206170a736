"""Sets a connector up: who may use it, for what, and how our client signs in to it.

A change locks the connector's row, so that nobody links an account while the settings
that would refuse it are being saved, and cuts in its own transaction the grants that
they no longer allow.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access.models import CustomRole
from workspaces.connectors import sealing, selectors
from workspaces.connectors.controls import ActionControl, Ask, ClientAuth
from workspaces.connectors.models import (
    Connector,
    ConnectorCut,
    ConnectorDefaults,
    ConnectorGrant,
)
from workspaces.connectors.services import cutting
from workspaces.connectors.setups import Setup, client_auth_for
from workspaces.groups.models import Group
from workspaces.members import addresses
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.selectors import WorkspaceRef

_MOST_DOMAINS = 100
Changes = Mapping[str, tuple[Any, Any]]


class BadSetting(Refused):
    """A setting that cannot be."""

    status = 422


class ClientIsInUse(Refused):
    """Grants that another client made can be revoked by that client only."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The settings of a connector; no role and no group means everybody."""

    is_allowed: bool
    role_ids: tuple[int, ...]
    group_ids: tuple[int, ...]
    action_control: str
    chosen_actions: tuple[str, ...]
    new_actions: str
    ask: str
    domains: tuple[str, ...]
    owner_id: int | None
    risk: str
    review_on: date | None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What saving would change, and how many grants it would cut.

    `too_wide` of them only because they hold a right that nothing may use any more.
    """

    changes: Changes
    cuts: int
    too_wide: int = 0


def wanted_of(setup: Setup) -> Wanted:
    """The settings as they are."""
    row = setup.row
    return Wanted(
        is_allowed=row.is_allowed,
        role_ids=tuple(row.role_ids),
        group_ids=tuple(row.group_ids),
        action_control=row.action_control,
        chosen_actions=tuple(row.chosen_actions),
        new_actions=row.new_actions,
        ask=row.ask,
        domains=tuple(row.domains),
        owner_id=row.owner_id,
        risk=row.risk,
        review_on=row.review_on,
    )


def preview(*, connector: str, wanted: Wanted) -> Preview:
    """What `change` would do with these settings right now."""
    setup = selectors.one(connector=connector)
    checked = _checked(setup, wanted)
    changes = _differences(setup, checked)
    _apply(setup.row, checked, setup)
    if not setup.is_stored:
        return Preview(changes=changes, cuts=0)
    return Preview(
        changes=changes,
        cuts=selectors.outside(setup).count(),
        too_wide=selectors.too_wide(setup).count() if setup.row.is_allowed else 0,
    )


def change(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    connector: str,
    wanted: Wanted,
    at: datetime,
) -> ConnectorCut | None:
    """Save the settings, and cut what they no longer allow; the receipt of the cut."""
    actor.require(Permission.CONNECTORS_MANAGE)
    with _open(workspace):
        setup = stored(workspace, connector, at=at)
        checked = _checked(setup, wanted)
        changes = _differences(setup, checked)
        if not changes:
            return None
        _apply(setup.row, checked, setup)
        setup.row.changed_at = at
        setup.row.save()
        record(actor, workspace, "changed", setup.row, at=at, changes=changes)
        return cutting.cut_grants(
            actor=actor,
            workspace=workspace,
            setup=setup,
            grants=selectors.outside(setup),
            at=at,
        )


def set_client(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    connector: str,
    client_id: str,
    secret: str,
    at: datetime,
) -> None:
    """Name our client at the app; without a secret the one that is there stays."""
    actor.require(Permission.CONNECTORS_MANAGE)
    with _open(workspace):
        setup = stored(workspace, connector, at=at)
        row, before = setup.row, setup.row.client_id
        if before and client_id != before:
            demand_no_grants(row)
        row.client_id, row.changed_at = client_id, at
        if secret:
            row.sealed_secret = sealed_secret(row, secret)
        elif client_id != before:
            row.sealed_secret = b""
        if not setup.is_verified:
            row.client_auth = client_auth_for(
                setup.endpoints, has_secret=bool(row.sealed_secret)
            )
        if row.client_id and row.client_auth != ClientAuth.NONE:
            _demand_secret(row)
        row.save(
            update_fields=["client_id", "client_auth", "sealed_secret", "changed_at"]
        )
        record(
            actor,
            workspace,
            "client-set",
            row,
            at=at,
            changes={"client_id": (before, client_id)},
            details={"secret": "replaced" if secret else "kept"},
        )


def set_default_ask(
    *, actor: Actor, workspace: WorkspaceRef, ask: str, at: datetime
) -> None:
    """Set what connectors ask before, where they say nothing of their own."""
    actor.require(Permission.CONNECTORS_MANAGE)
    if ask not in {one.value for one in Ask}:
        raise BadSetting(_("There is no such level of asking."))
    with _open(workspace):
        before = selectors.default_ask()
        if before == ask:
            return
        ConnectorDefaults.objects.update_or_create(
            workspace_id=workspace.id, defaults={"ask": ask}
        )
        recording.record(
            actor=actor,
            action="workspaces.connector.asking-changed",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={"ask": (before.value, ask)},
        )


def stored(workspace: WorkspaceRef, connector: str, *, at: datetime) -> Setup:
    """The connector with its row, made where it has none yet, locked."""
    setup = selectors.one(connector=connector)
    if not setup.is_stored:
        Connector.objects.get_or_create(
            workspace_id=workspace.id,
            slug=connector,
            deleted_at=None,
            defaults={
                "kind": setup.row.kind,
                "client_auth": setup.row.client_auth,
                "is_allowed": setup.row.is_allowed,
                "created_at": at,
                "changed_at": at,
            },
        )
    row = (
        Connector.objects.filter(slug=connector, deleted_at__isnull=True)
        .select_for_update()
        .first()
    )
    if row is None:  # deleted since it was asked for
        raise selectors.UnknownConnector(_("This workspace has no such connector."))
    return replace(setup, row=row)


def sealed_secret(row: Connector, secret: str) -> bytes:
    """The client's secret as its row stores it."""
    return sealing.seal(
        secret,
        workspace_id=row.workspace_id,
        place=sealing.secret_of(row.public_id),
    )


def _checked(setup: Setup, wanted: Wanted) -> Wanted:
    """The settings in their one spelling, or a refusal."""
    _demand_known(wanted, setup)
    domains = sorted({addresses.fold_domain(one) for one in wanted.domains})
    if len(domains) > _MOST_DOMAINS:
        raise BadSetting(_("At most %d domains can be listed.") % _MOST_DOMAINS)
    is_custom = wanted.action_control == ActionControl.CUSTOM
    return replace(
        wanted,
        role_ids=tuple(sorted(set(wanted.role_ids))),
        group_ids=tuple(sorted(set(wanted.group_ids))),
        chosen_actions=tuple(sorted(set(wanted.chosen_actions))) if is_custom else (),
        domains=tuple(domains),
    )


def _demand_known(wanted: Wanted, setup: Setup) -> None:
    row = setup.row
    new_roles = set(wanted.role_ids) - set(row.role_ids)
    if CustomRole.objects.filter(pk__in=new_roles).count() != len(new_roles):
        raise BadSetting(_("One of these roles is not in this workspace."))
    new_groups = set(wanted.group_ids) - set(row.group_ids)
    if Group.objects.filter(pk__in=new_groups).count() != len(new_groups):
        raise BadSetting(_("One of these groups is not in this workspace."))
    names = {one.name for one in setup.actions}
    if set(wanted.chosen_actions) - names - set(row.chosen_actions):
        raise BadSetting(_("One of these actions is not known."))
    if wanted.owner_id not in (None, row.owner_id):
        active = Membership.objects.filter(status=MembershipStatus.ACTIVE)
        if not active.filter(pk=wanted.owner_id).exists():
            raise BadSetting(_("The owner must be an active member of the workspace."))


_PLAIN = (
    *("is_allowed", "action_control", "new_actions", "ask", "owner_id", "risk"),
    "review_on",
)
_LISTS = ("role_ids", "group_ids", "chosen_actions", "domains")


def _differences(setup: Setup, wanted: Wanted) -> Changes:
    """The settings that differ, before and after."""
    row = setup.row
    plain = {name: (getattr(row, name), getattr(wanted, name)) for name in _PLAIN}
    lists = {
        name: (sorted(getattr(row, name)), list(getattr(wanted, name)))
        for name in _LISTS
    }
    return {
        name: (_json(before), _json(after))
        for name, (before, after) in {**plain, **lists}.items()
        if before != after
    }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _apply(row: Connector, wanted: Wanted, setup: Setup) -> None:
    was_custom = row.action_control == ActionControl.CUSTOM
    chose = tuple(sorted(row.chosen_actions)) != wanted.chosen_actions
    for name in _PLAIN:
        setattr(row, name, getattr(wanted, name))
    for name in _LISTS:
        setattr(row, name, list(getattr(wanted, name)))
    row.is_restricted = bool(wanted.role_ids or wanted.group_ids)
    if wanted.action_control != ActionControl.CUSTOM:
        row.known_actions = []
    elif chose or not was_custom:
        row.known_actions = [one.name for one in setup.actions]


def demand_no_grants(row: Connector) -> None:
    """Refuses while a grant depends on the client and the app that gave it."""
    mine = ConnectorGrant.objects.filter(connector_id=row.pk)
    is_used = mine.filter(ended_at__isnull=True).exists()
    if is_used or mine.filter(revoke_due_at__isnull=False).exists():
        raise ClientIsInUse(
            _(
                "Members have signed in through this client, and only it can revoke"
                " their grants: turn the connector off, wait until its receipt says"
                " that all are revoked, then name another client."
            )
        )


def _demand_secret(row: Connector) -> None:
    if not row.sealed_secret:
        raise BadSetting(_("Give the secret that the app gave with the client ID."))


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def record(
    actor: Actor,
    workspace: WorkspaceRef,
    verb: str,
    row: Connector,
    *,
    at: datetime,
    changes: Changes,
    details: Mapping[str, Any] | None = None,
) -> None:
    """One entry about a connector."""
    actions = {
        "edited": "workspaces.connector.edited",
        "deleted": "workspaces.connector.deleted",
        "changed": "workspaces.connector.changed",
        "client-set": "workspaces.connector.client-set",
    }
    recording.record(
        actor=actor,
        action=actions[verb],
        target=Target(kind="connector", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes=changes,
        details={"connector": row.slug, **(details or {})},
    )
