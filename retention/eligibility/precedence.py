"""Decides which of several policies governs an item: the most specific one there is.

Each scope brings its *level*: cut-offs from its own versions, inside the workspace's
floor and ceiling. Levels are laid over each other from the workspace to the project.
A narrower policy in force decides what is expired. What may be purged it decides alone
once it has been in force for its whole undo window; while it is younger (or was
withdrawn so lately), what the wider rule would keep stays as well, so that changing
who governs brings no purge forward.

Of several groups the one that keeps longest wins, and nothing goes before each of
them has let it go. Coming into a group, and leaving one, are like setting its policy
for that member, and withdrawing it: for the undo window, and for the workspace's grace
period if that is longer, what was kept before stays (`Stay`). `conditions` says the
same in SQL.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from retention.eligibility import rules
from retention.eligibility.rules import Cutoffs, Version
from retention.eligibility.scopes import Scope
from workspaces.tenancy.plans import Promises

ALWAYS = datetime.min.replace(tzinfo=UTC) + timedelta(days=5_000)
"""Since when what nobody ever set is in force; cut-offs before it still are dates."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """One version of the floor and ceiling of a workspace; None bounds nothing."""

    number: int
    floor_days: int | None
    ceiling_days: int | None
    set_at: datetime
    in_force_at: datetime


@dataclass(frozen=True, kw_only=True)
class Level:
    """The cut-offs of one scope, or of several laid over each other; None matches none.

    `governs` is false where a policy was withdrawn so lately that it still keeps.
    `is_young` says that it did not govern all the time of its undo window. Whoever came
    into the scope, or left it, after `settled_at` did so lately.
    """

    expire_before: datetime | None
    purge_before: datetime | None
    governs: bool
    is_young: bool
    label: str
    settled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One time of a member in a group; None: since ever, and until now.

    Both are noted as the end of their hour, so that few differ (`NOTED`).
    """

    joined_at: datetime | None = None
    left_at: datetime | None = None


ALL_ALONG = Stay()
NOTED = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class ScopeCutoffs:
    """The cut-offs of one scope for one kind, as SQL gets them.

    `label` names what decided: `v3`, or `plan` where no version was ever set.
    """

    workspace_id: int
    scope: Scope
    content_kind: str
    label: str
    cutoffs: Cutoffs
    governs: bool = True
    is_young: bool = False
    settled_at: datetime | None = None


def default(*, days: int | None, undo_days: int) -> Version:
    """What a workspace is governed by where nobody set anything."""
    return Version(
        number=0,
        days=days,
        undo_days=undo_days,
        set_at=ALWAYS,
        in_force_at=ALWAYS,
        label="plan",
    )


def within(versions: Sequence[Version], limits: Sequence[Limits]) -> list[Version]:
    """What was, is and will be in force, inside the floor and ceiling of its time."""
    own, bounds = rules.timeline(versions), rules.timeline(limits)
    if not bounds:
        return own
    starts = sorted(
        {one.in_force_at for one in own} | {one.in_force_at for one in bounds}
    )
    pieces = []
    for start in starts:
        version = rules.in_force(own, at=start)
        if version is not None:
            days = _inside(version, rules.in_force(bounds, at=start))
            piece = replace(version, days=days, set_at=start, in_force_at=start)
            pieces.append(piece)
    return pieces


def _inside(version: Version, limits: Limits | None) -> int | None:
    days = version.days
    if limits is None or version.is_withdrawal:
        return days
    if limits.ceiling_days is not None:
        days = limits.ceiling_days if days is None else min(days, limits.ceiling_days)
    if limits.floor_days is not None and days is not None:
        days = max(days, limits.floor_days)
    return days


def level(
    pieces: Sequence[Version],
    *,
    at: datetime,
    promises: Promises,
    grace: timedelta = timedelta(0),
) -> Level | None:
    """The level of one scope; None where it has nothing to say."""
    current = rules.in_force(pieces, at=at)
    if current is None:
        return None
    undo = timedelta(days=min(current.undo_days, promises.purge_limit_days))
    is_gapless = rules.is_gapless(pieces, since=at - undo, at=at)
    if current.is_withdrawal and not rules.governed_lately(
        pieces, since=at - undo, at=at
    ):
        return None
    days = current.days
    expired = None if days is None else at - timedelta(days=days)
    return Level(
        expire_before=None if current.is_withdrawal else expired,
        purge_before=rules.purge_before(pieces, since=at - undo, at=at),
        governs=not current.is_withdrawal,
        is_young=not is_gapless,
        label=current.label,
        settled_at=at - max(undo, grace),
    )


def of_member(found: Level | None, stay: Stay, *, at: datetime) -> Level | None:
    """What a group's level is to one of its members, or to who was one lately."""
    if found is None or found.settled_at is None:
        return found
    if stay.joined_at is not None and stay.joined_at - NOTED > at:
        return None
    if stay.left_at is not None and stay.left_at - NOTED <= at:
        is_over = stay.left_at <= found.settled_at
        return None if is_over else replace(found, governs=False)
    is_new = stay.joined_at is not None and stay.joined_at > found.settled_at
    return replace(found, is_young=found.is_young or is_new)


def of_groups(levels: Sequence[Level]) -> Level | None:
    """The level of several groups of one member: the one that keeps longest wins."""
    if not levels:
        return None
    governing = [one for one in levels if one.governs]
    winner = min(governing, key=_by_expiry) if governing else levels[0]
    return Level(
        expire_before=winner.expire_before,
        purge_before=_earliest([one.purge_before for one in levels]),
        governs=bool(governing),
        is_young=not any(not one.is_young for one in governing),
        label=winner.label,
    )


def over(narrow: Level | None, wide: Level | None) -> Level | None:
    """Lays the more specific level over the other."""
    if narrow is None or wide is None:
        return narrow or wide
    is_alone = narrow.governs and not narrow.is_young
    wide_is_alone = wide.governs and not wide.is_young
    winner = narrow if narrow.governs else wide
    return Level(
        expire_before=winner.expire_before,
        purge_before=narrow.purge_before
        if is_alone
        else _earliest([narrow.purge_before, wide.purge_before]),
        governs=narrow.governs or wide.governs,
        is_young=not (is_alone or wide_is_alone),
        label=winner.label,
    )


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The timelines that may govern one item; those of narrower scopes may be empty.

    `stays` are the owner's times in `groups`, one for each; where there is none they
    they were there all along. `grace` is the workspace's grace period. A project may
    be deleted.
    """

    promises: Promises
    workspace: Sequence[Version]
    groups: Sequence[Sequence[Version]] = ()
    stays: Sequence[Stay] = ()
    grace: timedelta = timedelta(0)
    member: Sequence[Version] = ()
    project: Sequence[Version] = ()
    project_deleted_at: datetime | None = None

    @property
    def all(self) -> tuple[Sequence[Version], ...]:
        """Every timeline, the narrowest first."""
        return (self.project, self.member, *self.groups, self.workspace)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the workspace's own policy may govern."""
        return any(self.all[:-1])

    def at(self, at: datetime) -> Level:
        """What governs the item at one moment."""
        project, member, *groups, workspace = (
            level(pieces, at=at, promises=self.promises, grace=self.grace)
            for pieces in self.all
        )
        theirs = [
            of_member(one, stay, at=at)
            for one, stay in zip_longest(groups, self.stays, fillvalue=ALL_ALONG)
            if isinstance(one, Level) and isinstance(stay, Stay)
        ]
        grouped = of_groups([one for one in theirs if one is not None])
        project = self._unless_deleted(project, at=at)
        found = over(project, over(member, over(grouped, workspace)))
        return found or _NOTHING

    def _unless_deleted(self, project: Level | None, *, at: datetime) -> Level | None:
        """A deleted project governs no more, and keeps until it goes itself."""
        deleted_at = self.project_deleted_at
        if project is None or deleted_at is None or deleted_at > at:
            return project
        if deleted_at + timedelta(days=self.promises.default_undo_days) <= at:
            return None
        return replace(project, governs=False)


_NOTHING = Level(
    expire_before=None, purge_before=None, governs=True, is_young=False, label="plan"
)


def expires_at(chain: Chain, *, clock: datetime, at: datetime) -> datetime | None:
    """When an item is hidden, or since when it is, if nothing else changes."""
    if not chain.is_narrow:
        return rules.expires_at(chain.workspace, clock=clock, at=at)
    return _first_since(
        _expiries(chain, clock=clock, at=at),
        lambda moment: _reaches(chain.at(moment).expire_before, clock),
        at=at,
    )


def purge_at(chain: Chain, *, clock: datetime, at: datetime) -> datetime | None:
    """From when a sweep may take an item, if nothing else changes; None: never."""
    if not chain.is_narrow:
        return rules.purge_at(chain.workspace, clock=clock, at=at)
    undo = {version.undo_days for pieces in chain.all for version in pieces}
    undo.add(chain.promises.default_undo_days)
    waits = {timedelta(days=days) for days in undo | {0}} | {chain.grace}
    moments = {
        moment + wait
        for moment in _expiries(chain, clock=clock, at=at)
        for wait in waits
    }
    return _first_since(
        moments,
        lambda moment: _reaches(chain.at(moment).purge_before, clock),
        at=at,
    )


def _reaches(cutoff: datetime | None, clock: datetime) -> bool:
    return cutoff is not None and clock <= cutoff


def _expiries(chain: Chain, *, clock: datetime, at: datetime) -> set[datetime]:
    """The moments at which what is expired can change."""
    lately = at - 2 * timedelta(days=chain.promises.purge_limit_days)
    moves = [
        moment for stay in chain.stays for moment in (stay.joined_at, stay.left_at)
    ]
    moves.append(chain.project_deleted_at)
    found = {moment for moment in moves if moment is not None and moment > lately}
    for pieces in chain.all:
        steps = rules.timeline(pieces)
        for place, version in enumerate(steps):
            ended = place + 1 < len(steps) and steps[place + 1].in_force_at <= lately
            if version.in_force_at > ALWAYS and not ended:
                found.add(version.in_force_at)
            if version.days is not None and not ended:
                found.add(clock + timedelta(days=version.days))
    return found


def _first_since(
    moments: Iterable[datetime], holds: Callable[[datetime], bool], *, at: datetime
) -> datetime | None:
    """Since which moment something holds without a break; or from which on it will."""
    ordered = sorted(moments)
    if not holds(at):
        return next((one for one in ordered if one > at and holds(one)), None)
    since = at
    for moment in reversed([one for one in ordered if one <= at]):
        if not holds(moment):
            break
        since = moment
    return since


def _by_expiry(one: Level) -> tuple[datetime, str]:
    return one.expire_before or ALWAYS, one.label


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    """The cut-off that reaches least; None reaches nothing."""
    known = [moment for moment in moments if moment is not None]
    return min(known, default=None) if len(known) == len(moments) else None
