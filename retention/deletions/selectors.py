"""Answers what is deleted or expired and still stored, how long already, what is due.

The age of a deletion is found by the engine's own condition: what has been hidden for
`n` days is what a sweep would take if the undo window were `n` days. Each scope brings
its cut-offs for every `n`; nobody writes a second condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from retention.eligibility import conditions, lateness, rules
from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.rules import Version
from retention.eligibility.scopes import CONVERSATIONS
from retention.holds.models import HoldScope
from retention.policies import governing
from retention.policies import selectors as policies
from workspaces.tenancy import plans
from workspaces.tenancy.plans import Promises
from workspaces.tenancy.selectors import WorkspaceRef

# Older ones are counted with this day; each of them has broken the promise anyway.
LAST_DAY = 45

_EDGES = """
e as materialized (
    select ref, purge::timestamptz[] purge
    from unnest(%(e_ref)s::int[], %(e_purge)s::text[]) e(ref, purge)
)"""
# The inner `k` is the cut-offs of the governing scope for one number of days.
_AGE = f"""(
    select max(k.day) - 1 from (
        select e.purge, k.deleted_before, k.created_before, k.by_creation
        from e where e.ref = k.ref
    ) e cross join lateral (
        select day, purge_before, e.by_creation,
               e.deleted_before - (day - 1) * interval '1 day' deleted_before,
               e.created_before - (day - 1) * interval '1 day' created_before
        from unnest(e.purge) with ordinality x(purge_before, day)
    ) k
    where {conditions.DUE}
)"""  # noqa: S608 -- constants
_WAITING = f"""
with {conditions.CUTOFFS}, {_EDGES}, found as (
    select k.ref, {_AGE} as day, {conditions.HELD} held, c.deleted_at,
           c.created_at + (%(at)s::timestamptz - k.created_before) ended_at,
           c.last_activity_at, c.is_temporary or k.by_creation as by_creation,
           {lateness.restarted(conditions.HELD)} as restarted_at
    {conditions.FROM_DUE} and {conditions.STATE} <> 'staged'
)
select ref, least(coalesce(day, 0), floor(extract(epoch from
           %(at)s::timestamptz - restarted_at) / 86400))::int, held, count(*),
       count(deleted_at),
       min(deleted_at), min(last_activity_at) filter (where not by_creation),
       min(ended_at) filter (where by_creation), restarted_at
from found group by 1, 2, 3, restarted_at
"""  # noqa: S608 -- constants
_DUE = f"""
with {conditions.CUTOFFS}
select count(*) filter (where not {conditions.HELD}),
       count(*) filter (where {conditions.HELD}) {conditions.FROM_DUE}
"""


@dataclass(frozen=True, kw_only=True)
class Due:
    """What a sweep would take at one moment, and what holds would keep from it."""

    conversations: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What is deleted or expired and still stored; held ones are only in `held`.

    `by_day` counts by full days since deletion or expiry, the youngest first.
    `oldest_at` is since when the oldest has waited, `undo_days` for how many days
    something of it can come back.
    """

    by_day: tuple[int, ...]
    deleted: int
    expired: int
    held: int
    due: Due
    undo_days: int
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        """All of them."""
        return self.deleted + self.expired


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What one scope governs (by its place among all) and has waited as many days."""

    ref: int
    day: int
    held: bool
    number: int
    deleted: int
    deleted_at: datetime | None
    clock: datetime | None
    ended_at: datetime | None
    restarted_at: datetime | None


def due(*, workspace: WorkspaceRef, at: datetime) -> Due:
    """What a sweep at `at` would take; later than now: if nothing changes till then."""
    scopes = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, conditions.parameters(scopes, at=at))
        conversations, held = cursor.fetchone()
    return Due(conversations=conversations, held=held)


def waiting(*, workspace: WorkspaceRef, at: datetime) -> Waiting:
    """What is deleted or expired and still stored, by the days that it has waited."""
    promises = plans.of(workspace.plan)
    known = governing.timelines(workspace_ids=[workspace.id], at=at)
    scopes = governing.cutoffs_of(known, at=at)
    pieces = [
        known.of(workspace.id, CONVERSATIONS, one.scope)
        for one in conditions.of_kind(scopes, CONVERSATIONS)
    ]
    groups = _groups(scopes, pieces, at=at)
    free = [group for group in groups if not group.held]
    numbers = [0] * (max((group.day for group in free), default=-1) + 1)
    for group in free:
        numbers[group.day] += group.number
    deleted = sum(group.deleted for group in free)
    return Waiting(
        by_day=tuple(numbers),
        deleted=deleted,
        expired=sum(group.number for group in free) - deleted,
        held=sum(group.number for group in groups if group.held),
        due=due(workspace=workspace, at=at),
        undo_days=_undo_days(workspace, promises, has_deleted=deleted > 0, at=at),
        oldest_at=_oldest(free, pieces, at=at),
    )


def _undo_days(
    workspace: WorkspaceRef, promises: Promises, *, has_deleted: bool, at: datetime
) -> int:
    """For how long something of what waits can come back."""
    standing = policies.standing(workspace=workspace, at=at)
    of_expired = 0 if standing.is_fixed_by_plan else standing.undo_days
    return max(of_expired, promises.default_undo_days) if has_deleted else of_expired


def _groups(
    scopes: Sequence[ScopeCutoffs], pieces: Sequence[Sequence[Version]], *, at: datetime
) -> list[_Group]:
    hidden = [
        replace(scope, is_young=False, cutoffs=_hidden(scope, at=at))
        if scope.content_kind == CONVERSATIONS
        else scope
        for scope in scopes
    ]
    parameters: dict[str, Any] = conditions.parameters(hidden, at=at) | {
        "e_ref": list(range(len(pieces))),
        "e_purge": [_array(_edges(one, at=at)) for one in pieces],
        "ends": releases_of_holds(workspace_id=scopes[0].workspace_id, at=at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, parameters)
        names = [*("ref", "day", "held", "number"), *("deleted", "deleted_at")]
        names += ["clock", "ended_at", "restarted_at"]
        return [
            _Group(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()
        ]


def _hidden(scope: ScopeCutoffs, *, at: datetime) -> rules.Cutoffs:
    """Cut-offs that reach everything that is deleted or expired, due or not."""
    return replace(
        scope.cutoffs, purge_before=scope.cutoffs.expire_before, deleted_before=at
    )


def _edges(pieces: Sequence[Version], *, at: datetime) -> list[datetime | None]:
    """The cut-offs for 0, 1, 2 … days since expiry."""
    return [
        rules.purge_before(pieces, since=at - timedelta(days=days), at=at)
        for days in range(LAST_DAY + 1)
    ]


def _oldest(
    groups: Sequence[_Group], pieces: Sequence[Sequence[Version]], *, at: datetime
) -> datetime | None:
    day = max((group.day for group in groups), default=0)
    since: list[datetime | None] = []
    for group in groups:
        if group.day == day:
            expired_at = None
            if group.clock is not None:
                known = pieces[group.ref]
                expired_at = rules.expired_since(known, clock=group.clock, at=at)
            moments = (group.deleted_at, group.ended_at, expired_at)
            since += [_latest(moment, group.restarted_at) for moment in moments]
    found = [moment for moment in since if moment is not None and moment <= at]
    return min(found, default=None)


def releases_of_holds(*, workspace_id: int, at: datetime) -> list[datetime]:
    """When holds were released lately: the clock of what they covered starts anew."""
    lately = HoldScope.objects.filter(
        workspace_id=workspace_id,
        released_at__lte=at,
        released_at__gt=at - timedelta(days=LAST_DAY + 1),
    )
    found = lately.order_by("released_at").distinct()
    moments = found.values_list("released_at", flat=True)
    return [moment for moment in moments if moment is not None]


def _latest(moment: datetime | None, restarted: datetime | None) -> datetime | None:
    if moment is None or restarted is None:
        return moment
    return max(moment, restarted)


def _array(moments: Sequence[datetime | None]) -> str:
    texts = ("-infinity" if at is None else at.isoformat() for at in moments)
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"
