"""What the pages of one connection share: its head, its steps, its certificates."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from kit.formatting import day
from workspaces.signin import presets, selectors
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    IdpCertificate,
    Preset,
    SamlConnection,
)
from workspaces.signin.places import SSO, crumbs, link

_SOON_DAYS = 60


def found(saml: UUID) -> SamlConnection:
    """The connection of the organization in scope, or 404."""
    row = selectors.connection_by_id(connection=saml)
    if row is None:
        raise Http404
    return row


def name_of(row: SamlConnection) -> str:
    """What people call the connection."""
    if row.label or row.preset == Preset.OTHER:
        return row.label or row.slug
    return str(presets.SHEETS[row.preset].name)


def context(
    request: Any, row: SamlConnection, *, step: str, at: datetime
) -> dict[str, Any]:
    """Head and steps; `step` is the one that the page shows."""
    steps = _steps(request, row, step=step, at=at)
    number = next(n for n, one in enumerate(steps, start=1) if one["name"] == step)
    kind, word = state(row)
    return {
        "connection": row,
        "name": name_of(row),
        "state_kind": kind,
        "state_word": word,
        "number": number,
        "steps": steps,
        "next": steps[number] if number < len(steps) else None,
        "previous": steps[number - 2] if number > 1 else None,
        "sp_metadata_url": _public(row),
        "crumbs": crumbs(request, name_of(row), above=[SSO]),
    }


def certificate(one: IdpCertificate, *, at: datetime) -> dict[str, Any]:
    """One certificate of the other side as pages show it."""
    days = (one.not_after - at).days
    if one.state == CertificateState.PENDING:
        kind, word = "warn", _("Waits for an owner")
    elif one.not_after <= at:
        kind, word = "bad", _("Ended")
    elif days < _SOON_DAYS:
        kind, word = "warn", _("Ends in %d days") % days
    else:
        kind, word = "ok", _("Believed")
    return {
        "subject": one.subject,
        "fingerprint": one.fingerprint,
        "print": pairs(one.fingerprint),
        "not_after": one.not_after,
        "last_used_at": one.last_used_at,
        "kind": kind,
        "word": word,
        "is_pending": one.state == CertificateState.PENDING,
    }


def pairs(fingerprint: str) -> str:
    """A fingerprint as other products print it."""
    found = [fingerprint[n : n + 2] for n in range(0, len(fingerprint), 2)]
    return ":".join(found).upper()


def state(row: SamlConnection) -> tuple[str, str]:
    """Whether people sign in through it."""
    return {
        ConnectionState.DRAFT.value: ("off", _("Not in use yet")),
        ConnectionState.ACTIVE.value: ("ok", _("In use")),
        ConnectionState.INACTIVE.value: ("off", _("Not in use")),
    }[row.state]


def _steps(
    request: Any, row: SamlConnection, *, step: str, at: datetime
) -> list[dict[str, Any]]:
    trusted = selectors.trusted_certificates(connection_id=row.pk)
    is_known = bool(row.idp_entity_id and trusted)
    is_chosen = is_known or row.preset != Preset.OTHER
    is_tested = selectors.is_tested(row, at=at)
    is_live = row.state == ConnectionState.ACTIVE
    ends = max((one.not_after for one in trusted), default=None)
    provider = str(presets.SHEETS[row.preset].name)
    table = [
        ("values", _("Our values"), is_chosen, row.slug),
        ("provider", _("Choose the provider"), is_chosen, provider),
        (
            "metadata",
            _("Exchange metadata"),
            is_known,
            _("certificate until %s") % day(ends) if ends else "",
        ),
        (
            "attributes",
            _("Map attributes"),
            is_known,
            ", ".join(
                names[0].rpartition("/")[2]
                for field in ("email", "first_name", "last_name")
                if (names := row.attribute_mapping.get(field))
            ),
        ),
        (
            "test",
            _("Test sign-in"),
            is_tested,
            _("passed, good for a day") if is_tested else "",
        ),
        (
            "activate",
            _("Activate and require"),
            is_live,
            "" if is_live or is_tested else _("opens after a test without failure"),
        ),
    ]
    return [
        {
            "name": name,
            "label": label,
            "url": link(request, f"workspaces:sso-{name}", saml=row.public_id),
            "facts": [fact] if fact and (is_done or name == "activate") else [],
            "state": _mark(
                is_here=name == step,
                is_done=is_done,
                is_locked=name == "activate" and not (is_live or is_tested),
            ),
        }
        for name, label, is_done, fact in table
    ]


def _mark(*, is_here: bool, is_done: bool, is_locked: bool) -> str:
    if is_here:
        return "current"
    if is_done:
        return "done"
    return "locked" if is_locked else "todo"


def _public(row: SamlConnection) -> str:
    return selectors.service_provider(slug=row.slug).entity_id
