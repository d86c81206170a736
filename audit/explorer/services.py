"""Reading the log through the API, which is recorded: one entry a request."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from audit import recording
from audit.explorer import selectors
from audit.explorer.selectors import Listed
from audit.log.selectors import Log
from audit.query.rules import Query
from audit.query.selectors import matching
from audit.recording import Target
from kit.actor import Actor
from kit.http import keyset
from kit.permissions import Permission


class Direction(StrEnum):
    """In which order events are read."""

    NEWEST = "newest"  # by time, as the page shows them
    LOG = "log"  # oldest first by place: whoever follows the log misses nothing


_ORDERS: dict[Direction, keyset.Order] = {
    Direction.NEWEST: selectors.ORDER,
    Direction.LOG: (("epoch", "asc"), ("index", "asc")),
}


def read(
    *,
    actor: Actor,
    log: Log,
    workspace: UUID | None,
    query: Query,
    direction: Direction,
    after: str | None,
    size: int,
    at: datetime,
) -> Listed:
    """A page of events, recorded with the query and how many were read."""
    actor.require(Permission.AUDIT_VIEW)
    with transaction.atomic():
        listed = selectors.listed(
            log=log,
            found=matching(query, workspace=workspace, at=at),
            order=_ORDERS[direction],
            after=after,
            size=size,
        )
        recording.record(
            actor=actor,
            action="audit.entries.read",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            workspace=workspace,
            at=at,
            counts={"entries": len(listed.entries)},
            details={"query": query.text} if query.terms else {},
        )
    return listed
