"""`/v1/audit/…`: programs read the audit log by the language of its page.

A key of an organization reads its whole log, a key of a workspace what is about that
workspace. Each request for events is itself recorded.
"""

from typing import Any

from ninja import Query as Given
from ninja import Router, Schema
from pydantic import Field

from audit.explorer import catalogue, services
from audit.explorer.services import Direction
from audit.formats import native
from audit.log.selectors import log_of
from audit.query import rules
from kit import clock
from kit.http import keyset
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
        workspace=caller.workspace.public_id if caller.workspace else None,
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
