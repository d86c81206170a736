"""What people do about an incident: take it, hand it on, write about it, close it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.incidents.models import Act, AuditIncident, AuditIncidentStep
from audit.incidents.rules import NEXT, State
from audit.incidents.storing import Box
from audit.log.selectors import Log
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.ids import new_uuid
from kit.permissions import Permission
from kit.refusals import Refused

LONGEST_NOTE = 4_000
LONGEST_NAME = 200


class IncidentHasMovedOn(Refused):
    """Somebody has done this already, or it does not follow from where it stands."""


class TextIsMissing(Refused):
    """A note, a name or what was done is needed, and not longer than it may be."""


def acknowledge(
    *, actor: Actor, log: Log, incident: AuditIncident, at: datetime
) -> None:
    """Takes an incident: whoever does owns it."""
    with scoping.organization(organization_id=log.organization_id):
        row = _moved(actor, incident, State.ACKNOWLEDGED)
        if row.state == State.RESOLVED:
            raise IncidentHasMovedOn(_("This incident is resolved; open it again."))
        take(actor=actor, log=log, row=row, at=at)


def take(*, actor: Actor, log: Log, row: AuditIncident, at: datetime) -> None:
    """Takes a locked, open incident in the open scope: nobody is paged any more."""
    row.state, row.acknowledged_at = State.ACKNOWLEDGED, at
    row.page_due_at = None
    row.owner = _owner(log, row, actor.label)
    row.save(update_fields=["state", "acknowledged_at", "page_due_at", "owner"])
    _tell(actor, log, row, Act.ACKNOWLEDGED, at=at)


def assign(
    *, actor: Actor, log: Log, incident: AuditIncident, owner: str, at: datetime
) -> None:
    """Hands an incident that somebody has on to somebody else, by name."""
    with scoping.organization(organization_id=log.organization_id):
        row = _locked(actor, incident)
        if row.state != State.ACKNOWLEDGED:
            raise IncidentHasMovedOn(_("Acknowledge the incident first."))
        before = Box.of(log).open(row.owner, table=TABLE, row=row.public_id)
        name = written(owner, most=LONGEST_NAME)
        row.owner = _owner(log, row, name)
        row.save(update_fields=["owner"])
        changes = {"owner": (str(before.get("name", "")), name)}
        _tell(actor, log, row, Act.ASSIGNED, text=name, at=at, changes=changes)


def note(
    *, actor: Actor, log: Log, incident: AuditIncident, text: str, at: datetime
) -> None:
    """Writes into the timeline; the log tells that it was written, not what."""
    with scoping.organization(organization_id=log.organization_id):
        row = _locked(actor, incident)
        text = written(text, most=LONGEST_NOTE)
        _tell(actor, log, row, Act.NOTED, text=text, at=at)


def resolve(
    *, actor: Actor, log: Log, incident: AuditIncident, text: str, at: datetime
) -> None:
    """Closes an incident and says what was done about it."""
    with scoping.organization(organization_id=log.organization_id):
        row = _moved(actor, incident, State.RESOLVED)
        text = written(text, most=LONGEST_NOTE)
        row.acknowledged_at = row.acknowledged_at or at
        row.owner = row.owner or _owner(log, row, actor.label)
        row.state, row.resolved_at, row.page_due_at = State.RESOLVED, at, None
        row.save(
            update_fields=[
                "state", "resolved_at", "page_due_at", "acknowledged_at", "owner"
            ]
        )  # fmt: skip
        _tell(actor, log, row, Act.RESOLVED, text=text, at=at)


def reopen(
    *, actor: Actor, log: Log, incident: AuditIncident, text: str, at: datetime
) -> None:
    """Opens a resolved incident again, for whoever does."""
    with scoping.organization(organization_id=log.organization_id):
        row = _locked(actor, incident)
        if row.state != State.RESOLVED:
            raise IncidentHasMovedOn(_("This incident is not resolved."))
        others = AuditIncident.objects.filter(kind=row.kind, subject=row.subject)
        if others.exclude(state=State.RESOLVED).exists():
            raise IncidentHasMovedOn(
                _("A newer incident of the same kind lasts: go on there.")
            )
        text = written(text, most=LONGEST_NOTE)
        row.state, row.resolved_at = State.ACKNOWLEDGED, None
        row.owner = _owner(log, row, actor.label)
        row.save(update_fields=["state", "resolved_at", "owner"])
        _tell(actor, log, row, Act.REOPENED, text=text, at=at)


TABLE = "audit_incident"
STEPS = "audit_incident_step"


def locked(incident: AuditIncident) -> AuditIncident:
    """The incident as it is now; others wait until the transaction ends."""
    return AuditIncident.objects.select_for_update().get(pk=incident.pk)


def _locked(actor: Actor, incident: AuditIncident) -> AuditIncident:
    actor.require(Permission.INCIDENTS_MANAGE)
    return locked(incident)


def _moved(actor: Actor, incident: AuditIncident, to: State) -> AuditIncident:
    row = _locked(actor, incident)
    if to not in NEXT[State(row.state)]:
        raise IncidentHasMovedOn(
            _("Somebody was faster: look at how the incident stands now.")
        )
    return row


def written(text: str, *, most: int) -> str:
    """What somebody wrote, without its margins; TextIsMissing out of bounds."""
    text = text.replace("\0", "").strip()
    if not text or len(text) > most:
        raise TextIsMissing(_("Write something, at most %d characters.") % most)
    return text


def _owner(log: Log, row: AuditIncident, name: str) -> bytes:
    return Box.of(log).seal({"name": name}, table=TABLE, row=row.public_id)


def _tell(
    actor: Actor,
    log: Log,
    row: AuditIncident,
    act: Act,
    *,
    at: datetime,
    text: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    """The line of the timeline and the entry of the log, which holds no text."""
    add_step(log, row, act, by=actor.label, text=text, at=at)
    recording.record(
        actor=actor,
        action=f"audit.incident.{act.value}",
        target=Target(kind="incident", id=row.public_id),
        organization_id=log.organization_id,
        workspace=row.workspace,
        at=at,
        changes=changes,
        details={"kind": row.kind},
    )


def add_step(
    log: Log,
    row: AuditIncident,
    act: Act,
    *,
    by: str,
    text: str,
    public_id: UUID | None = None,
    at: datetime,
) -> None:
    """One more line of the timeline; with a `public_id` it can stand there once."""
    public_id = public_id or new_uuid()
    AuditIncidentStep.objects.create(
        organization_id=row.organization_id,
        public_id=public_id,
        incident_id=row.pk,
        act=act,
        at=at,
        sealed=Box.of(log).seal({"by": by, "text": text}, table=STEPS, row=public_id),
    )
