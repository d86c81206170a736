"""Gives notice of an incident to the people whom it may concern, by mail.

What was counted before is what is sent: if somebody joined or left meanwhile, nothing
is sent and the number is shown again. The messages, the line of the timeline and the
entry of the log are one transaction; the outbox sends afterwards.

Each preview has a number of its own, and the line of the timeline is named after it and
all that it showed: a preview that is confirmed twice, even at once, is sent once.
"""

import json
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit import recording
from audit.incidents.models import Act, AuditIncident, AuditIncidentStep
from audit.incidents.services.handling import add_step, locked, written
from audit.log.selectors import Log
from audit.recording import Target
from kit import on_call, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

LONGEST_NOTICE = 4_000


class Audience(StrEnum):
    """Who gets notice."""

    ADMINS = "admins"
    MEMBERS = "members"


AUDIENCES = {
    Audience.ADMINS: _lazy("Owners and admins of the organization"),
    Audience.MEMBERS: _lazy("Everyone in the workspace"),
}


class AudienceChanged(Refused):
    """Not as many people would get notice as was shown."""


class NobodyToTell(Refused):
    """The incident has no such audience."""


def audiences(incident: AuditIncident) -> list[Audience]:
    """Whom notice of this incident can be given to."""
    return [one for one in Audience if one is Audience.ADMINS or incident.workspace]


def reached(incident: AuditIncident, audience: Audience) -> int:
    """How many people get notice now."""
    return on_call.desk().audience(
        organization_id=incident.organization_id,
        workspace=_workspace(incident, audience),
    )


def subject(log: Log) -> str:
    """The subject of the mail."""
    return _("Security notice from %s") % log.name


def give_notice(
    *,
    actor: Actor,
    log: Log,
    incident: AuditIncident,
    audience: Audience,
    text: str,
    people: int,
    number: UUID,
    at: datetime,
) -> int:
    """Sends a notice to as many people as were counted; returns how many those are.

    `number` is the preview's: confirmed again, it sends nothing and returns the same.
    """
    with scoping.organization(organization_id=log.organization_id):
        actor.require(Permission.INCIDENTS_MANAGE)
        row = locked(incident)
        text = written(text, most=LONGEST_NOTICE)
        line = _line(row, number, audience, text, people=people)
        if AuditIncidentStep.objects.filter(public_id=line).exists():
            return people
        told = _sent(row, audience, subject(log), text, people=people, at=at)
        whom = f"{AUDIENCES[audience]} ({told})"
        step = f"{whom}\n\n{text}"
        add_step(log, row, Act.TOLD, by=actor.label, text=step, public_id=line, at=at)
        recording.record(
            actor=actor,
            action="audit.incident.told",
            target=Target(kind="incident", id=row.public_id),
            organization_id=log.organization_id,
            workspace=row.workspace,
            at=at,
            counts={"people": told},
            details={"kind": row.kind, "audience": audience.value},
        )
    return told


def _line(
    row: AuditIncident, number: UUID, audience: Audience, text: str, *, people: int
) -> UUID:
    """What names the line: other incidents, and other words, have others."""
    shown = json.dumps([str(number), audience.value, people, text])
    return uuid5(row.public_id, shown)


def _sent(
    row: AuditIncident,
    audience: Audience,
    title: str,
    text: str,
    *,
    people: int,
    at: datetime,
) -> int:
    # A page keeps its transaction when it shows a refusal: the messages must go.
    with transaction.atomic():
        told = on_call.desk().give_notice(
            organization_id=row.organization_id,
            workspace=_workspace(row, audience),
            subject=title,
            text=text + "\n",
            at=at,
        )
        if told != people:
            raise AudienceChanged(
                _("It would go to %(now)s people, not %(then)s: look again.")
                % {"now": told, "then": people}
            )
    return told


def _workspace(incident: AuditIncident, audience: Audience) -> UUID | None:
    if audience not in audiences(incident):
        raise NobodyToTell(_("This incident concerns no single workspace."))
    return incident.workspace if audience is Audience.MEMBERS else None
