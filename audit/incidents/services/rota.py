"""Sets whom an organization pages, how long the next one is spared, and its webhook."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.incidents import selectors
from audit.incidents.models import AuditRota
from audit.incidents.rules import LONGEST_MINUTES, MOST_CONTACTS
from audit.incidents.storing import Box
from audit.log.leaf import Json
from audit.log.selectors import Log
from audit.recording import Target
from kit import on_call, scoping, webhooks
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

TABLE = "audit_rota"
LONGEST_URL = 2_000


class NoSuchRota(Refused):
    """A contact who may not see incidents or stands there twice, or no such wait."""

    status = 422


class NoWebhook(Refused):
    """There is no webhook to remove."""


def set_rota(
    *, actor: Actor, log: Log, contacts: Sequence[UUID], minutes: int, at: datetime
) -> bool:
    """Sets who is paged, in this order; False where nothing changes."""
    actor.require(Permission.INCIDENTS_MANAGE)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise NoSuchRota(_("Give 1 to %d minutes.") % LONGEST_MINUTES)
    with scoping.organization(organization_id=log.organization_id):
        row = _locked(log)
        known = _addresses(log)
        _demand_contacts(contacts, known=known)
        before, was = list(row.contacts), row.minutes
        if (before, was) == (list(contacts), minutes):
            return False
        row.contacts, row.minutes = list(contacts), minutes
        row.save(update_fields=["contacts", "minutes"])
        changes: dict[str, tuple[Json, Json]] = {}
        if before != row.contacts:
            old, new = (_named(all_, known) for all_ in (before, row.contacts))
            changes["contacts"] = (old, new)
        if was != minutes:
            changes["minutes"] = (was, minutes)
        _record(actor, log, changes=changes, at=at)
    return True


def set_webhook(*, actor: Actor, log: Log, url: str, at: datetime) -> str:
    """Sets the webhook, or another address of it; its new secret, shown this once."""
    actor.require(Permission.INCIDENTS_MANAGE)
    url = url.strip()
    host = webhooks.host_of(url)
    webhooks.demand_open(host)
    if len(url) > LONGEST_URL:
        raise webhooks.NoAddress(_("The address is too long."))
    with scoping.organization(organization_id=log.organization_id):
        row, secret = _locked(log), webhooks.new_secret()
        before, row.host = row.host, host
        value = {"url": url, "secret": secret}
        row.sealed = Box.of(log).seal(value, table=TABLE, row=log.uuid)
        row.save(update_fields=["host", "sealed"])
        _record(actor, log, changes={"webhook": (before, host)}, at=at)
    return secret


def remove_webhook(*, actor: Actor, log: Log, at: datetime) -> None:
    """Forgets address and secret; pages go on by mail."""
    actor.require(Permission.INCIDENTS_MANAGE)
    with scoping.organization(organization_id=log.organization_id):
        row = _locked(log)
        if not row.host:
            raise NoWebhook(_("There is no webhook any more."))
        before, row.host, row.sealed = row.host, "", None
        row.save(update_fields=["host", "sealed"])
        _record(actor, log, changes={"webhook": (before, "")}, at=at)


def _locked(log: Log) -> AuditRota:
    AuditRota.objects.bulk_create(
        [selectors.rota(organization_id=log.organization_id)], ignore_conflicts=True
    )
    return AuditRota.objects.select_for_update().get()


def _addresses(log: Log) -> dict[UUID, str]:
    found = on_call.desk().reachable(organization_id=log.organization_id)
    return {one.person: one.email for one in found}


def _demand_contacts(contacts: Sequence[UUID], *, known: Mapping[UUID, str]) -> None:
    if len(contacts) > MOST_CONTACTS:
        raise NoSuchRota(_("A rota has at most %d contacts.") % MOST_CONTACTS)
    if len(set(contacts)) < len(contacts):
        raise NoSuchRota(_("Somebody stands in the rota twice."))
    if not set(contacts) <= set(known):
        raise NoSuchRota(_("Choose people who may see the incidents."))


def _named(contacts: Sequence[UUID], known: Mapping[UUID, str]) -> list[Json]:
    return [known.get(one, str(one)) for one in contacts]


def _record(
    actor: Actor, log: Log, *, changes: Mapping[str, tuple[Json, Json]], at: datetime
) -> None:
    recording.record(
        actor=actor,
        action="audit.incident-rota.changed",
        target=Target(kind="log", id=log.uuid),
        organization_id=log.organization_id,
        at=at,
        changes=changes,
    )
