"""Turns connectors, settings and receipts into the words of the pages."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import day, grouped
from workspaces.access.models import CustomRole
from workspaces.connectors import rules
from workspaces.connectors.controls import (
    ACCESS_LABELS,
    ACTION_CONTROL_LABELS,
    ASK_LABELS,
    NEW_ACTION_LABELS,
    RISK_LABELS,
    Access,
    ActionControl,
    Ask,
    NewActions,
    Risk,
)
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.setups import Setup
from workspaces.groups.models import Group
from workspaces.members import selectors as members

GROUPS_SHOWN = 500
_RISK_KINDS = {Risk.LOW: "ok", Risk.MEDIUM: "warn", Risk.HIGH: "bad"}
_FIELDS = {
    "name": _lazy("Name"),
    "address": _lazy("Address"),
    "scopes": _lazy("Scopes"),
    "actions": _lazy("Actions"),
    "client_id": _lazy("Client ID"),
    "is_allowed": _lazy("In this workspace"),
    "role_ids": _lazy("Only for roles"),
    "group_ids": _lazy("Only for groups"),
    "action_control": _lazy("Actions"),
    "chosen_actions": _lazy("Chosen actions"),
    "new_actions": _lazy("Actions that appear later"),
    "ask": _lazy("Before an action"),
    "domains": _lazy("Only accounts of"),
    "owner_id": _lazy("Owner"),
    "risk": _lazy("Risk"),
    "review_on": _lazy("Look at it again on"),
}


def status_of(setup: Setup) -> tuple[str, str]:
    """How a connector stands, as kind and word of a status."""
    if not setup.row.is_allowed:
        return "off", _("Off")
    if not setup.is_set_up:
        return "warn", _("On, without a client")
    return "ok", _("On")


def rows(
    setups: list[Setup], *, grants: Mapping[int, int], today: date
) -> list[dict[str, Any]]:
    """The connectors as the list shows them."""
    owners = members.by_id(ids={s.row.owner_id for s in setups if s.row.owner_id})
    return [
        {
            "slug": setup.slug,
            "label": setup.label,
            "is_verified": setup.is_verified,
            "status": status_of(setup),
            "audience": audience(setup),
            "actions": ACTION_CONTROL_LABELS[ActionControl(setup.row.action_control)],
            "risk_kind": _RISK_KINDS.get(Risk(setup.row.risk), "off"),
            "risk": RISK_LABELS[Risk(setup.row.risk)],
            "owner": _name(owners.get(setup.row.owner_id or 0)),
            "review_on": _midnight(setup.row.review_on),
            "is_overdue": rules.is_overdue(review_on=setup.row.review_on, today=today),
            "grants": grouped(grants.get(setup.row.pk or 0, 0)),
        }
        for setup in setups
    ]


def audience(setup: Setup) -> str:
    """Whom a connector is for, in short."""
    row = setup.row
    if not row.is_restricted:
        return _("Everybody")
    parts = []
    if number := len(row.role_ids):
        parts.append(ngettext("%d role", "%d roles", number) % number)
    if number := len(row.group_ids):
        parts.append(ngettext("%d group", "%d groups", number) % number)
    return ", ".join(parts)


def differences(changes: Mapping[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    """The changed settings with their values before and after, in words."""
    names = _Names(changes)
    return [
        {
            "field": _FIELDS[field],
            "before": names.of(field, before),
            "after": names.of(field, after),
        }
        for field, (before, after) in changes.items()
    ]


class _Names:
    """The names of what settings mention by number, each kind asked once."""

    def __init__(self, changes: Mapping[str, tuple[Any, Any]]) -> None:
        self._roles = role_names(_all(changes, "role_ids"))
        self._groups = group_names(_all(changes, "group_ids"))
        owners = {one for one in changes.get("owner_id", ()) if one}
        self._owners = members.by_id(ids=owners)

    def of(self, field: str, value: Any) -> str | None:
        if value in (None, "", [], ()):
            return _("As the workspace") if field == "ask" else None
        if field == "is_allowed":
            return _("On") if value else _("Off")
        if field in _WORDS:
            return str(_WORDS[field](value))
        if field == "owner_id":
            return _name(self._owners.get(value))
        if field == "actions":
            return ", ".join(_action(one) for one in value)
        known = {"role_ids": self._roles, "group_ids": self._groups}.get(field)
        if known is not None:
            return ", ".join(known.get(one, _("deleted")) for one in value)
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _action(stored: Mapping[str, Any]) -> str:
    words = str(ACCESS_LABELS[Access(stored["access"])])
    important = _(", important") if stored["is_important"] else ""
    return f"{stored['name']} ({words}{important})"


_WORDS: dict[str, Any] = {
    "action_control": lambda value: ACTION_CONTROL_LABELS[ActionControl(value)],
    "new_actions": lambda value: NEW_ACTION_LABELS[NewActions(value)],
    "ask": lambda value: ASK_LABELS[Ask(value)],
    "risk": lambda value: RISK_LABELS[Risk(value)],
    "review_on": lambda value: day(_midnight(date.fromisoformat(value))),
}


def role_names(ids: Collection[int]) -> dict[int, str]:
    """The names of custom roles."""
    found = CustomRole.objects.filter(pk__in=list(ids)) if ids else ()
    return {row.pk: row.name for row in found}


def group_names(ids: Collection[int]) -> dict[int, str]:
    """The names of groups."""
    found = Group.objects.filter(pk__in=list(ids)) if ids else ()
    return {row.pk: row.name for row in found}


def choices(setup: Setup) -> dict[str, list[tuple[int, str]]]:
    """The roles and groups to choose from; chosen ones that are gone stay visible."""
    roles = {
        row.pk: row.name for row in CustomRole.objects.order_by("folded_name", "id")
    }
    groups = {
        row.pk: row.name
        for row in Group.objects.order_by("folded_name", "id")[:GROUPS_SHOWN]
    }
    groups |= group_names(set(setup.row.group_ids) - set(groups))
    return {
        "roles": _with_gone(roles, setup.row.role_ids),
        "groups": _with_gone(groups, setup.row.group_ids),
    }


def at_source(grant: ConnectorGrant) -> tuple[str, str]:
    """Where an ended grant stands at its source, as kind and word of a status."""
    if grant.revoked_at is not None:
        return "ok", _("Revoked")
    if grant.given_up_at is not None:
        return "bad", _("Does not answer")
    if grant.revoke_due_at is not None:
        return "wait", _("Waiting")
    return "off", _("Not offered")


def _midnight(found: date | None) -> Any:
    return found and datetime.combine(found, time.min, UTC)


def _with_gone(known: dict[int, str], chosen: list[int]) -> list[tuple[int, str]]:
    gone = [(one, _("deleted")) for one in chosen if one not in known]
    return [*known.items(), *gone]


def _all(changes: Mapping[str, tuple[Any, Any]], field: str) -> set[int]:
    return {one for side in changes.get(field, ()) for one in side}


def _name(row: Any) -> str:
    return (row.name or row.email) if row else ""
