"""`/v1/audit/…`: programs read the audit log by the language of its page, and ask why.

A key of an organization reads its whole log, a key of a workspace what is about that
workspace. Each request for events is itself recorded. Why details of an entry and files
of exports stay or go is answered as their pages do, and as the workers that drop them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query as Given
from ninja import Router, Schema
from pydantic import Field

from audit.explorer import catalogue, lasting, services
from audit.explorer import selectors as entries
from audit.explorer.services import Direction
from audit.exports import selectors as exports
from audit.formats import native
from audit.log.selectors import log_of
from audit.pruning import selectors as pruning
from audit.query import rules
from kit import clock
from kit.http import keyset
from kit.refusals import Refused
from workspaces.keys.authentication import Bearer, entering
from workspaces.keys.scopes import Scope
from workspaces.keys.selectors import PresentedKey

router = Router(tags=["audit"], auth=Bearer(Scope.AUDIT_READ))


class Catalogue(Schema):
    """What the log can hold, and how to ask for it."""

    areas: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    outcomes: list[str]
    actor_kinds: list[str]
    fields: dict[str, str]
    query: dict[str, Any]


class Events(Schema):
    """A page of events; `next` and `previous` are cursors of its neighbors."""

    data: list[dict[str, Any]]
    next: str | None
    previous: str | None
    query: str


class WhyDetails(Schema):
    """By what the details of one entry stay or go, and what would change that.

    `state` is live, gone, or none where the entry was made without. `purge_after`
    leaves holds aside: the first run after it, `next_run_at` or later, takes them.
    """

    kind: str = "audit_details"
    epoch: int
    index: int
    state: str
    is_due: bool
    is_held: bool
    kept_days: int
    made_at: datetime
    purge_after: datetime
    next_run_at: datetime | None
    ways_out: list[str]


class WhyExport(Schema):
    """By what the file of one export is there or gone; no hold keeps it.

    `state` is awaited, live, expired or failed. `is_cut_short`: an erasure of a person
    ended its time, which is all that would change it.
    """

    kind: str = "audit_exports"
    id: UUID
    state: str
    is_due: bool
    is_held: bool = False
    kept_days: int
    made_at: datetime | None
    purge_at: datetime | None
    is_cut_short: bool
    ways_out: list[str]


class NoSuchEntry(Refused):
    """There is no such entry in what the key may read."""

    status = 404


class Asked(Schema):
    """Which events."""

    query: str = ""
    order: Direction = Direction.NEWEST
    after: str | None = None
    limit: int = Field(50, ge=1, le=keyset.LARGEST_PAGE)


@router.get(
    "/catalogue",
    response=Catalogue,
    summary="All actions, fields of events, and keys of the query language",
)
def show_catalogue(request: Any) -> dict[str, Any]:  # noqa: ARG001
    """The same for everybody who may read a log."""
    return catalogue.described()


@router.get(
    "/events",
    response=Events,
    summary="Events of the audit log",
    description=(
        "“query” is the language of the page, such as “area:retention -outcome:success"
        " at>=-7d”. “order=log” gives the oldest first by their place in the log, for"
        " whoever follows it. Events that await their seal come once they are sealed."
    ),
)
@entering
def events(request: Any, asked: Given[Asked]) -> dict[str, Any]:
    """One page, recorded as one entry."""
    caller: PresentedKey = request.caller
    query = rules.parse(asked.query)
    log = log_of(organization_id=caller.organization.id)
    listed = services.read(
        actor=request.actor,
        log=log,
        workspace=_here(caller),
        query=query,
        direction=asked.order,
        after=asked.after,
        size=asked.limit,
        at=clock.now(),
    )
    return {
        "data": [native.event(one, log=log) for one in listed.entries],
        "next": listed.next,
        "previous": listed.previous,
        "query": query.text,
    }


@router.get(
    "/events/{int:epoch}/{int:index}/why",
    response=WhyDetails,
    summary="Why the details of an event stay or go",
    description="“epoch” and “index” as in “log” of the event.",
)
@entering
def explain_details(request: Any, epoch: int, index: int) -> WhyDetails:
    """What the worker that drops details decides about one entry."""
    caller: PresentedKey = request.caller
    log = log_of(organization_id=caller.organization.id)
    at = clock.now()
    shown = entries.entry(log=log, epoch=epoch, index=index, workspace=_here(caller))
    found = shown and lasting.of(log=log, shown=shown, at=at)
    if not found:
        pruning.demand_kept(epoch=epoch, index=index)
        raise NoSuchEntry(_("There is no such entry."))
    return WhyDetails(
        epoch=epoch,
        index=index,
        state=found.stands.value,
        is_due=found.is_due,
        is_held=found.why.is_held,
        kept_days=found.why.kept_days,
        made_at=found.why.made_at,
        purge_after=found.why.goes_after,
        next_run_at=found.why.next_run_at,
        ways_out=[way.value for way in found.ways_out],
    )


@router.get(
    "/exports/{uuid:export}/why",
    response=WhyExport,
    summary="Why the file of an export of the log is there or gone",
)
@entering
def explain_export(request: Any, export: UUID) -> WhyExport:
    """What the worker that drops old files decides about one."""
    row = exports.one(export=export, workspace=_here(request.caller))
    found = exports.why(export=row, at=clock.now())
    return WhyExport(
        id=row.public_id,
        state=found.stands.value,
        is_due=found.is_due,
        kept_days=found.kept_days,
        made_at=found.made_at,
        purge_at=found.expires_at,
        is_cut_short=found.is_cut_short,
        ways_out=["erase person"] if found.can_be_cut_short else [],
    )


def _here(caller: PresentedKey) -> UUID | None:
    """The workspace that a key is of; None where it reads the whole log."""
    return caller.workspace.public_id if caller.workspace else None
