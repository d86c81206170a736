"""Acknowledges an incident by what somebody did about its subject."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from audit.incidents.models import AuditIncident
from audit.incidents.rules import Kind, State
from audit.incidents.services.handling import take
from audit.log.selectors import log_of
from kit.actor import Actor


class Subject(Protocol):
    """What an incident can be about: an object of an organization."""

    organization_id: int
    public_id: UUID


def settle_stream(actor: Actor, stream: Subject, at: datetime) -> None:
    """Whoever acknowledges the gap of a stream takes its open incident.

    In the open scope and transaction; that they may see to the stream was asked.
    """
    found = AuditIncident.objects.select_for_update().filter(
        kind=Kind.STREAM, subject=str(stream.public_id), state=State.OPEN
    )
    for row in found:
        log = log_of(organization_id=stream.organization_id)
        take(actor=actor, log=log, row=row, at=at)
