"""Answers what a policy that nobody has set yet would purge, and when.

The same conditions as a sweep's, under a version that exists only here, at the moment
its first purge would run. What it counts is what that sweep takes, item by item, if
nothing else changes until then.

Everything is counted in one pass. Items are governed alike where the same scopes may
govern them; each such combination brings one cut-off for each of the weeks shown.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection

from kit import content_kinds
from retention.eligibility import weeks
from retention.eligibility.scopes import CONVERSATIONS, WORKSPACE, Scope, ScopeKind
from retention.eligibility.weeks import AGE_EDGES, WEEKS
from retention.policies import selectors, worlds
from retention.policies.selectors import Hypothesis
from retention.policies.worlds import World
from workspaces.tenancy.selectors import WorkspaceRef

MOST_OWNERS = 10
MOST_GROUPS = 20


@dataclass(frozen=True, kw_only=True)
class Week:
    """What would be purged in one week, and what under today's rule."""

    ends_at: datetime
    conversations: int
    under_today: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of what the first sweep takes belongs to one kind, group or owner.

    `key` is the kind's name, or the row's id; an item of two groups counts in both.
    """

    key: str | int
    items: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class AgeShare:
    """What the first sweep takes that is `from_days` to `to_days` old; None: older."""

    from_days: int
    to_days: int | None
    items: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the first sweep under a new policy would purge, and the weeks after it.

    `conversations` counts the items of the policy's kind, whatever the kind is. `held`
    are due but stay because of holds, `held_bytes` is their size; `more_than_today` is
    how many of the items today's rule would not have purged by then, `fewer_than_today`
    how many it would have purged that the new one keeps. `first_purge_at` is None where
    nothing goes within the weeks shown; `last_purge_at` is when the last of
    what goes within them does. `by_owner` and `by_group`
    hold the largest shares, `members_touched` counts all owners. `at_stake` is what the
    threshold of a second person looks at.
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
    held_bytes: int = 0
    fewer_than_today: int = 0
    last_purge_at: datetime | None = None
    by_kind: list[Share] = field(default_factory=list)
    by_group: list[Share] = field(default_factory=list)
    by_owner: list[Share] = field(default_factory=list)
    by_age: list[AgeShare] = field(default_factory=list)
    at_stake: int = 0

    @property
    def newly_due(self) -> int:
        """The most that goes beyond today's rule within the weeks shown."""
        return newly_due(self.by_week)


def newly_due(by_week: Sequence[Week]) -> int:
    """The most that these weeks take beyond what today's rule takes in them."""
    more = accumulate(week.conversations - week.under_today for week in by_week)
    return max(0, *more)


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """Items that are alike in all that the preview tells apart."""

    taken: int
    today: int
    is_held: bool
    kind: str
    age: int
    sort: int
    items: int
    messages: int
    files: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, kw_only=True)
class _Counted:
    cells: list[_Cell]
    owners: list[Share]
    owner_count: int
    groups: list[Share]


def preview(
    *,
    workspace: WorkspaceRef,
    days: int | None,
    undo_days: int | None = None,
    is_withdrawal: bool = False,
    override: bool = False,
    scope: Scope = WORKSPACE,
    content_kind: str = CONVERSATIONS,
    at: datetime,
) -> Preview:
    """What setting these values at `at` would purge of the scope and kind."""
    planned = planned_version(
        workspace=workspace,
        days=days,
        undo_days=undo_days,
        is_withdrawal=is_withdrawal,
        override=override,
        scope=scope,
        content_kind=content_kind,
        at=at,
    )
    return preview_of(planned, workspace=workspace, at=at)


def preview_of(
    planned: Hypothesis, *, workspace: WorkspaceRef, at: datetime
) -> Preview:
    """What a version that nobody has set yet, of a policy or of bounds, would purge."""
    first = first_sweep_of(planned)
    today = worlds.today(workspace=workspace, content_kind=planned.content_kind, at=at)
    new = today.under(planned)
    counted = _counted(new, today, planned, first=first)
    found = _preview(counted, planned, new, first, at=at)
    at_stake = found.newly_due
    if _could_be_emptied(planned) and today.has_left(planned.scope.id):
        with_former = _newly_due_with_former(planned, workspace, first, at=at)
        at_stake = max(at_stake, with_former)
    return replace(found, at_stake=at_stake)


def _could_be_emptied(planned: Hypothesis) -> bool:
    """Whether leaving a group takes anything out of what this version decides on.

    Whoever leaves a group is governed by what is wider: of that nothing is taken out.
    """
    return planned.limits is not None or planned.scope.kind is ScopeKind.GROUP


def _newly_due_with_former(
    planned: Hypothesis, workspace: WorkspaceRef, first: datetime, *, at: datetime
) -> int:
    """What goes beyond today's rule if who left a group lately were still in it.

    A group emptied for its draft, and filled again or not, asks a second person too.
    """
    today = worlds.today(
        workspace=workspace,
        content_kind=planned.content_kind,
        nobody_left=True,
        at=at,
    )
    counted = _counted(today.under(planned), today, planned, first=first)
    return newly_due(_weeks([one for one in counted.cells if not one.is_held], first))


def planned_version(
    *,
    workspace: WorkspaceRef,
    days: int | None,
    undo_days: int | None,
    is_withdrawal: bool = False,
    override: bool,
    scope: Scope,
    content_kind: str,
    at: datetime,
) -> Hypothesis:
    """The version that these values would become; None leaves the undo window."""
    if undo_days is None:
        undo_days = selectors.standing(
            workspace=workspace, scope=scope, content_kind=content_kind, at=at
        ).undo_days
    return selectors.hypothesis(
        workspace=workspace,
        scope=scope,
        content_kind=content_kind,
        days=days,
        undo_days=undo_days,
        is_withdrawal=is_withdrawal,
        grace=timedelta(0) if override else selectors.grace_of(workspace=workspace),
        at=at,
    )


def first_sweep_of(planned: Hypothesis) -> datetime:
    """When the first purge under a version can run: after its undo window."""
    kind = content_kinds.governed_named(planned.content_kind)
    waits = kind.undo is content_kinds.UndoRule.POLICY
    undo = timedelta(days=planned.version.undo_days if waits else 0)
    return planned.version.in_force_at + undo


def _counted(
    new: World,
    today: World,
    planned: Hypothesis,
    *,
    first: datetime,
) -> _Counted:
    moments = [first + timedelta(weeks=number) for number in range(WEEKS)]
    parameters: dict[str, Any] = {
        **worlds.parameters(new, today, moments=moments),
        "scope": planned.scope.id,
        "most_groups": MOST_GROUPS,
        "most_owners": MOST_OWNERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            weeks.counted(
                planned.content_kind,
                planned.scope.kind,
                with_former=today.nobody_left,
            ),
            parameters,
        )
        rows = cursor.fetchall()
    names = list(_Cell.__annotations__)
    return _Counted(
        cells=[
            _Cell(**dict(zip(names, columns, strict=True)))
            for what, *columns in rows
            if what == "cell"
        ],
        owners=[_share(row) for row in rows if row[0] == "owner"],
        # Each row of an owner carries how many owners there are.
        owner_count=max((row[8] for row in rows if row[0] == "owner"), default=0),
        groups=[_share(row) for row in rows if row[0] == "group"],
    )


def _share(row: Sequence[Any]) -> Share:
    return Share(key=row[6], items=row[7], bytes=row[10])


def _preview(
    counted: _Counted,
    planned: Hypothesis,
    new: World,
    first: datetime,
    *,
    at: datetime,
) -> Preview:
    cells = counted.cells
    free = [cell for cell in cells if not cell.is_held]
    now = [cell for cell in free if cell.taken == 0]
    held = [cell for cell in cells if cell.is_held and cell.taken == 0]
    return Preview(
        conversations=sum(cell.items for cell in now),
        messages=sum(cell.messages for cell in now),
        files=sum(cell.files for cell in now),
        bytes=sum(cell.bytes for cell in now),
        held=sum(cell.items for cell in held),
        held_bytes=sum(cell.bytes for cell in held),
        members_touched=counted.owner_count,
        more_than_today=sum(cell.items for cell in now if cell.today > 0),
        fewer_than_today=sum(c.items for c in free if c.today == 0 and c.taken > 0),
        in_force_at=planned.version.in_force_at,
        first_sweep_at=first,
        first_purge_at=_first_purge(free, new, first, at=at),
        last_purge_at=_last_purge(free, new, first, at=at),
        by_week=_weeks(free, first),
        by_kind=_kinds(now),
        by_group=counted.groups,
        by_owner=counted.owners,
        by_age=_ages(now),
    )


def _weeks(free: Sequence[_Cell], first: datetime) -> list[Week]:
    taken: Counter[int] = Counter()
    today: Counter[int] = Counter()
    for cell in free:
        taken[cell.taken] += cell.items
        today[cell.today] += cell.items
    return [
        Week(
            ends_at=first + timedelta(weeks=number),
            conversations=taken[number],
            under_today=today[number],
        )
        for number in range(WEEKS)
    ]


def _kinds(cells: Sequence[_Cell]) -> list[Share]:
    items: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        items[cell.kind][0] += cell.items
        items[cell.kind][1] += cell.bytes
    return [
        Share(key=kind, items=number, bytes=size)
        for kind, (number, size) in sorted(items.items())
    ]


def _ages(cells: Sequence[_Cell]) -> list[AgeShare]:
    items: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    for cell in cells:
        items[cell.age] += cell.items
        sizes[cell.age] += cell.bytes
    bands = zip((0, *AGE_EDGES), (*AGE_EDGES, None), strict=True)
    return [
        AgeShare(
            from_days=youngest,
            to_days=oldest,
            items=items[len(AGE_EDGES) - place],
            bytes=sizes[len(AGE_EDGES) - place],
        )
        for place, (youngest, oldest) in enumerate(bands)
    ]


def _first_purge(
    free: Sequence[_Cell], new: World, first: datetime, *, at: datetime
) -> datetime | None:
    """The first sweep that takes something, or when the oldest one's time comes."""
    taken = [cell for cell in free if cell.taken < WEEKS]
    if not taken:
        return None
    if any(cell.taken == 0 for cell in taken):
        return max(first, at)
    known = [new.purge_at(cell.sort, cell.oldest, at=at) for cell in taken]
    found = [moment for moment in known if moment is not None]
    by_week = first + timedelta(weeks=min(cell.taken for cell in taken))
    return min(found, default=by_week)


def _last_purge(
    free: Sequence[_Cell], new: World, first: datetime, *, at: datetime
) -> datetime | None:
    """When the newest of what goes within the weeks shown goes."""
    taken = [cell for cell in free if cell.taken < WEEKS]
    last = max((cell.taken for cell in taken), default=None)
    if last is None:
        return None
    known = [
        new.purge_at(cell.sort, cell.newest, at=at)
        for cell in taken
        if cell.taken == last
    ]
    found = [moment for moment in known if moment is not None]
    return max([first, *found]) if last == 0 else max(found, default=None)
