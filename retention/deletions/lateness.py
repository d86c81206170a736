"""Counts what has waited for so many days, in any number of workspaces at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from kit import content_kinds
from retention.deletions.selectors import LAST_DAY, releases_of_holds
from retention.eligibility import conditions, kinds, lateness
from retention.eligibility.scopes import CONVERSATIONS
from retention.policies import selectors as policies
from workspaces.tenancy.selectors import WorkspaceRef


def waiting_for(
    *, workspace_ids: Sequence[int], days: int, at: datetime, using: str = "default"
) -> Counter[int]:
    """How much of every kind is deleted or expired for `days` and not held, by place.

    What a hold kept meanwhile counts from its release.
    """
    scopes = policies.cutoffs_at(
        workspace_ids=workspace_ids, at=at, using=using, waited_days=days
    )
    since = {"since": at - timedelta(days=days)}
    found: Counter[int] = Counter()
    simple = [(k.name, kinds.relation(k, s)) for k, s in content_kinds.simple()]
    with connections[using].cursor() as cursor:
        for name, relation in ((CONVERSATIONS, kinds.CONVERSATIONS), *simple):
            parameters = conditions.parameters(scopes, at=at, kind=name) | since
            asked = f"with {conditions.CUTOFFS} {lateness.counted(relation)}"
            cursor.execute(asked, parameters)
            found.update(dict(cursor.fetchall()))
    return found


def days_of_others(
    *, workspace: WorkspaceRef, at: datetime
) -> tuple[Counter[int], datetime | None]:
    """What else is deleted and not held, by full days, and since when the oldest is."""
    days: Counter[int] = Counter()
    oldest: list[datetime] = []
    parameters: dict[str, Any] = {
        "workspace": workspace.id,
        "at": at,
        "ends": releases_of_holds(workspace_id=workspace.id, at=at),
        "last": LAST_DAY,
    }
    with connections["default"].cursor() as cursor:
        for _kind, storage in content_kinds.simple():
            held = kinds.held_by(storage)
            since = f"greatest(c.deleted_at, {lateness.restarted(held)})"
            cursor.execute(
                "select least(floor(extract(epoch from %(at)s::timestamptz - since)"  # noqa: S608
                " / 86400), %(last)s)::int, count(*), min(since) from ("
                f" select {since} as since from {storage.table} c"
                " where c.workspace_id = %(workspace)s and c.deleted_at <= %(at)s"
                f" and not {held}) waiting group by 1",
                parameters,
            )
            for day, number, first in cursor.fetchall():
                days[day] += number
                oldest.append(first)
    return days, min(oldest, default=None)
