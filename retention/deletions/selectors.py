"""Answers what is deleted or expired and still stored, how long already, what is due.

The age of a deletion is found by the engine's own condition: what has been hidden for
`n` days is what a sweep would take if the undo window were `n` days. Each scope brings
its cut-offs for every `n`; nobody writes a second condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from retention.eligibility import conditions, lateness, rules
from retention.eligibility.rules import ScopeCutoffs, Version
from retention.holds.models import HoldScope
from retention.policies import selectors as policies
from retention.policies.models import CONVERSATIONS, Policy, ScopeKind
from retention.policies.rules import governs
from workspaces.tenancy import plans
from workspaces.tenancy.plans import Promises
from workspaces.tenancy.selectors import WorkspaceRef

# Older ones are counted with this day; each of them has broken the promise anyway.
LAST_DAY = 45

_EDGES = """
e as materialized (
    select membership_id, purge::timestamptz[] purge, deleted::timestamptz[] deleted,
           created::timestamptz[] created, by_creation
    from unnest(%(e_membership)s::bigint[], %(e_purge)s::text[], %(e_deleted)s::text[],
        %(e_created)s::text[], %(e_by_creation)s::boolean[]
    ) e(membership_id, purge, deleted, created, by_creation)
)"""
# `k` is here the cut-offs of a scope for one number of days, instead of its own.
_AGE = f"""(
    select max(k.day) - 1 from e cross join lateral (
        select day, purge_before, deleted_before, created_before, e.by_creation
        from unnest(e.purge, e.deleted, e.created) with ordinality
            x(purge_before, deleted_before, created_before, day)
    ) k
    where e.membership_id = coalesce(m.membership_id, 0) and {conditions.DUE}
)"""  # noqa: S608 -- constants
_WAITING = f"""
with {conditions.CUTOFFS}, {_EDGES}, found as (
    select coalesce(m.membership_id, 0) scope, {_AGE} as day, {conditions.HELD} held,
           c.deleted_at, c.created_at, c.last_activity_at,
           c.is_temporary or k.by_creation as by_creation,
           {lateness.restarted(conditions.HELD)} as restarted_at
    {conditions.FROM_DUE} and {conditions.STATE} <> 'staged'
)
select scope, least(coalesce(day, 0), floor(extract(epoch from
           %(at)s::timestamptz - restarted_at) / 86400))::int, held, count(*),
       count(deleted_at),
       min(deleted_at), min(last_activity_at) filter (where not by_creation),
       min(created_at) filter (where by_creation), restarted_at
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
    scope: int
    day: int
    held: bool
    number: int
    deleted: int
    deleted_at: datetime | None
    clock: datetime | None
    created_at: datetime | None
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
    versions = _versions(workspace, at=at)
    groups = _groups(workspace, versions, promises, at=at)
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
        oldest_at=_oldest(free, versions, promises, at=at),
    )


def _undo_days(
    workspace: WorkspaceRef, promises: Promises, *, has_deleted: bool, at: datetime
) -> int:
    """For how long something of what waits can come back."""
    standing = policies.standing(workspace=workspace, at=at)
    of_expired = 0 if standing.is_fixed_by_plan else standing.undo_days
    return max(of_expired, promises.default_undo_days) if has_deleted else of_expired


def _groups(
    workspace: WorkspaceRef,
    versions: dict[int, list[Version]],
    promises: Promises,
    *,
    at: datetime,
) -> list[_Group]:
    scopes = [
        replace(scope, cutoffs=_hidden(scope, at=at))
        for scope in policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    ]
    edges = [
        _edges(versions.get(scope.membership_id, []), promises, at=at)
        for scope in scopes
    ]
    parameters: dict[str, Any] = conditions.parameters(scopes, at=at) | {
        "e_membership": [scope.membership_id for scope in scopes],
        "e_purge": [_array([edge.purge_before for edge in one]) for one in edges],
        "e_deleted": [_array([edge.deleted_before for edge in one]) for one in edges],
        "e_created": [_array([edge.created_before for edge in one]) for one in edges],
        "e_by_creation": [scope.cutoffs.by_creation for scope in scopes],
        "ends": ends_of_holds(workspace_id=workspace.id, at=at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, parameters)
        names = [*("scope", "day", "held", "number"), *("deleted", "deleted_at")]
        names += ["clock", "created_at", "restarted_at"]
        return [
            _Group(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()
        ]


def _hidden(scope: ScopeCutoffs, *, at: datetime) -> rules.Cutoffs:
    """Cut-offs that reach everything that is deleted or expired, due or not."""
    return replace(
        scope.cutoffs, purge_before=scope.cutoffs.expire_before, deleted_before=at
    )


def _edges(
    versions: Sequence[Version], promises: Promises, *, at: datetime
) -> list[rules.Cutoffs]:
    """The cut-offs for 0, 1, 2 … days since deletion or expiry."""
    return [
        rules.waited(versions, at=at, promises=promises, days=days)
        for days in range(LAST_DAY + 1)
    ]


def _oldest(
    groups: Sequence[_Group],
    versions: dict[int, list[Version]],
    promises: Promises,
    *,
    at: datetime,
) -> datetime | None:
    day = max((group.day for group in groups), default=0)
    since: list[datetime | None] = []
    for group in groups:
        if group.day == day:
            known = versions.get(group.scope, [])
            moments = [group.deleted_at, *_expired_since(group, known, promises, at)]
            since += [_latest(moment, group.restarted_at) for moment in moments]
    found = [moment for moment in since if moment is not None and moment <= at]
    return min(found, default=None)


def ends_of_holds(*, workspace_id: int, at: datetime) -> list[datetime]:
    """When holds ended lately: the clock of what they covered starts anew there."""
    lately = HoldScope.objects.filter(
        workspace_id=workspace_id,
        released_at__isnull=False,
        release_grace_until__lte=at,
        release_grace_until__gt=at - timedelta(days=LAST_DAY + 1),
    )
    found = lately.order_by("release_grace_until").distinct()
    moments = found.values_list("release_grace_until", flat=True)
    return [moment for moment in moments if moment is not None]


def _latest(moment: datetime | None, restarted: datetime | None) -> datetime | None:
    if moment is None or restarted is None:
        return moment
    return max(moment, restarted)


def _expired_since(
    group: _Group, versions: Sequence[Version], promises: Promises, at: datetime
) -> list[datetime | None]:
    days = promises.fixed_retention_days or promises.history_off_days
    created, clock = group.created_at, group.clock
    return [
        None if created is None else created + timedelta(days=days),
        None if clock is None else rules.expired_since(versions, clock=clock, at=at),
    ]


def _versions(workspace: WorkspaceRef, *, at: datetime) -> dict[int, list[Version]]:
    """The versions of every scope that counts; those of the workspace's under 0."""
    setter = plans.of(workspace.plan).retention_setter
    found = Policy.objects.filter(
        workspace_id=workspace.id,
        content_kind=CONVERSATIONS,
        scope_kind__in=[ScopeKind.WORKSPACE.value, ScopeKind.MEMBER.value],
    ).order_by("membership_id", "version")
    return {
        scope: policies.as_versions(list(rows), at=at)
        for scope, rows in groupby(found, key=lambda row: row.membership_id or 0)
        if governs(setter, is_own=scope != 0)
    }


def _array(moments: Sequence[datetime | None]) -> str:
    texts = ("-infinity" if at is None else at.isoformat() for at in moments)
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"
