"""Answers what a policy that nobody has set yet would purge, and when.

The same conditions as a sweep's, under a version that exists only here, at the moment
its first purge would run. What it counts is what that sweep takes, if nothing else
changes until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection

from retention.eligibility import conditions, rules
from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.rules import Cutoffs, Version
from retention.eligibility.scopes import CONVERSATIONS, WORKSPACE, Scope
from retention.policies import selectors
from retention.policies.selectors import Hypothesis
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef

WEEKS = 12


@dataclass(frozen=True, kw_only=True)
class Week:
    """What would be purged in one week, and what under today's rule."""

    ends_at: datetime
    conversations: int
    under_today: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the first sweep under a new policy would purge, and the weeks after it.

    `held` are due but stay because of holds; `more_than_today` is how many of the
    conversations today's rule would not have purged by then. `first_purge_at` is
    None where nothing goes within the weeks shown.
    """

    conversations: int
    messages: int
    files: int
    bytes: int
    held: int
    members_touched: int
    more_than_today: int
    in_force_at: datetime
    first_sweep_at: datetime
    first_purge_at: datetime | None
    by_week: list[Week]

    @property
    def newly_due(self) -> int:
        """The most that goes beyond today's rule within the weeks shown."""
        return newly_due(self.by_week)


def newly_due(by_week: Sequence[Week]) -> int:
    """The most that these weeks take beyond what today's rule takes in them."""
    more = accumulate(week.conversations - week.under_today for week in by_week)
    return max(0, *more)


_WEEKS = f"""
with {conditions.CUTOFFS}, found as materialized (
    select {conditions.week("new")} as taken, {conditions.week("old")} as today,
           {conditions.HELD} as held, c.owner_id, c.message_count, c.file_count,
           c.byte_count, case when c.deleted_at is null and not c.is_temporary
                              then c.last_activity_at end as clock
    {conditions.FROM_DUE}
    and (%(owner)s::bigint is null or c.owner_id = %(owner)s::bigint)
)
select taken, today, held, count(*), sum(message_count)::bigint,
       sum(file_count)::bigint, sum(byte_count)::bigint, min(clock),
       (select count(distinct owner_id) from found where taken = 0 and not held)
from found group by taken, today, held
"""  # noqa: S608 -- constants


@dataclass(frozen=True, kw_only=True)
class _Group:
    taken: int
    today: int
    is_held: bool
    conversations: int
    messages: int
    files: int
    bytes: int
    oldest: datetime | None
    members: int


def preview(
    *,
    workspace: WorkspaceRef,
    days: int | None,
    undo_days: int | None = None,
    override: bool = False,
    scope: Scope = WORKSPACE,
    at: datetime,
) -> Preview:
    """What setting these values at `at` would purge, for a workspace or one member."""
    standing = selectors.standing(workspace=workspace, at=at, scope=scope)
    undo_days = standing.undo_days if undo_days is None else undo_days
    hypothesis = selectors.hypothesis(
        workspace=workspace,
        days=days,
        undo_days=undo_days,
        grace=timedelta(0) if override else selectors.grace_of(workspace=workspace),
        at=at,
        scope=scope,
    )
    first = hypothesis.version.in_force_at + timedelta(days=undo_days)
    before = selectors.as_versions(
        selectors.versions_of(workspace=workspace, scope=scope), at=at
    )
    groups = _groups(workspace, hypothesis, before, first=first)
    return _preview(groups, hypothesis, [*before, hypothesis.version], first, at=at)


def _groups(
    workspace: WorkspaceRef,
    hypothesis: Hypothesis,
    before: list[Version],
    *,
    first: datetime,
) -> list[_Group]:
    promises = plans.of(workspace.plan)
    moments = [first + timedelta(weeks=number) for number in range(WEEKS)]
    new, old = (
        [rules.cutoffs(versions, at=moment, promises=promises) for moment in moments]
        for versions in ([*before, hypothesis.version], before)
    )
    scope = ScopeCutoffs(
        workspace_id=workspace.id,
        scope=WORKSPACE,
        content_kind=CONVERSATIONS,
        label="preview",
        cutoffs=conditions.widest(*new, *old),
    )
    return _rows(scope, new=new, old=old, owner=hypothesis.scope.id, at=first)


def _rows(
    scope: ScopeCutoffs,
    *,
    new: list[Cutoffs],
    old: list[Cutoffs],
    owner: int | None,
    at: datetime,
) -> list[_Group]:
    parameters: dict[str, Any] = {
        **conditions.parameters([scope], at=at),
        **conditions.weeks(name="new", cutoffs=new),
        **conditions.weeks(name="old", cutoffs=old),
        "owner": owner,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, parameters)
        names = [
            *("taken", "today", "is_held", "conversations", "messages", "files"),
            *("bytes", "oldest", "members"),
        ]
        return [
            _Group(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()
        ]


def _preview(
    groups: list[_Group],
    hypothesis: Hypothesis,
    versions: list[Version],
    first: datetime,
    *,
    at: datetime,
) -> Preview:
    free = [group for group in groups if not group.is_held]
    now = [group for group in free if group.taken == 0]
    return Preview(
        conversations=sum(group.conversations for group in now),
        messages=sum(group.messages for group in now),
        files=sum(group.files for group in now),
        bytes=sum(group.bytes for group in now),
        held=sum(g.conversations for g in groups if g.is_held and g.taken == 0),
        members_touched=groups[0].members if groups else 0,
        more_than_today=sum(group.conversations for group in now if group.today > 0),
        in_force_at=hypothesis.version.in_force_at,
        first_sweep_at=first,
        first_purge_at=_first_purge(free, versions, first, at=at),
        by_week=[
            Week(
                ends_at=first + timedelta(weeks=number),
                conversations=sum(g.conversations for g in free if g.taken == number),
                under_today=sum(g.conversations for g in free if g.today == number),
            )
            for number in range(WEEKS)
        ],
    )


def _first_purge(
    free: list[_Group], versions: list[Version], first: datetime, *, at: datetime
) -> datetime | None:
    """The first sweep that takes something, or when the oldest one's time comes."""
    taken = [group for group in free if group.taken < WEEKS]
    if not taken:
        return None
    if any(group.taken == 0 for group in taken):
        return max(first, at)
    clocks = [group.oldest for group in taken if group.oldest is not None]
    if not clocks:
        return first + timedelta(weeks=min(group.taken for group in taken))
    return rules.purge_at(versions, clock=min(clocks), at=at)
