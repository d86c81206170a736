"""Reads a log for whatever leaves Custos: oldest first, a batch at a time."""

from datetime import datetime
from uuid import UUID

from audit.explorer import selectors as explorer
from audit.explorer.selectors import Place, Shown
from audit.log.selectors import Log
from audit.query import selectors as querying
from audit.query.rules import Query
from kit import scoping


def entries_after(
    *,
    log: Log,
    query: Query,
    after: Place | None,
    size: int,
    workspace: UUID | None = None,
    at: datetime | None = None,
) -> list[Shown]:
    """At most `size` sealed entries beyond `after`, in the order of the log.

    Each call is one short transaction where no scope is open yet. Entries that await
    their seal have no place; they come once they are sealed, behind all others. `at` is
    the moment that relative times of the query count from.
    """
    with scoping.organization(organization_id=log.organization_id):
        found = querying.matching(query, workspace=workspace, at=at)
        if after is not None:
            # One row comparison, which the primary key answers.
            found = found.filter(pk__gt=(log.organization_id, *after))
        facets = list(found.order_by("epoch", "index")[:size])
        return explorer.shown(log=log, facets=facets)
