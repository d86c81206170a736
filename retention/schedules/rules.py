"""Decides from a schedule when sweeps begin, and how fast they may work at a time.

A schedule says only when; what goes and what stays is the policies' and holds' affair.
It cannot put a purge off for long either: the longest way from one beginning to the
next is a day, and who is late works at full pace whatever the hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

SHORTEST_WINDOW = timedelta(hours=2)
"""Longer than the hour that a spring night can lose."""

LATE_AFTER = timedelta(days=7)
"""Since the last whole sweep; from then on no window and no busy hour counts."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often a sweep begins."""

    HOURLY = "hourly"
    DAILY = "daily"


class Pace(StrEnum):
    """How fast a sweep may purge, from the fastest to none."""

    FULL = "full"
    PACED = "paced"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Window:
    """The hours of a day when nobody minds; it may reach over midnight."""

    begins: time
    ends: time

    @property
    def length(self) -> timedelta:
        """How long it is on a day without a change of clocks."""
        length = _since_midnight(self.ends) - _since_midnight(self.begins)
        return length if length > timedelta() else length + _DAY

    def holds(self, moment: time) -> bool:
        """Whether it is open at that time of day."""
        if self.begins < self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When one workspace is swept, by the clocks of its time zone.

    `daily_at` is set for the daily cadence alone. Outside `window` sweeps go at
    `busy_pace`; without one they always go at full pace.
    """

    cadence: Cadence = Cadence.HOURLY
    daily_at: time | None = None
    window: Window | None = None
    busy_pace: Pace = Pace.PACED
    zone: str = "UTC"

    @property
    def is_possible(self) -> bool:
        """Whether a sweep ever begins: a daily one must begin when it may work."""
        if self.window is None or self.busy_pace is not Pace.STOPPED:
            return True
        return self.daily_at is None or self.window.holds(self.daily_at)


STANDARD = Schedule()
"""What holds where nobody has set anything: each hour, at full pace."""


def pace_at(schedule: Schedule, *, at: datetime) -> Pace:
    """How fast a sweep of this workspace may purge at `at`."""
    window = schedule.window
    local = at.astimezone(ZoneInfo(schedule.zone))
    if window is None or window.holds(local.time()):
        return Pace.FULL
    return schedule.busy_pace


def is_late(behind_since: datetime | None, *, at: datetime) -> bool:
    """Whether so much time went by since the last whole sweep that hours stop counting.

    One that was never swept waits for its next beginning, which is a day away at most.
    """
    return behind_since is not None and at - behind_since > LATE_AFTER


def slowest(*paces: Pace) -> Pace:
    """The pace that disturbs none of those who share a run."""
    return max(paces, key=list(Pace).index, default=Pace.FULL)


def last_beginning(schedule: Schedule, *, at: datetime) -> datetime:
    """The latest time up to `at` when a sweep was to begin: each full hour, or daily.

    A night that skips the hour has it later, once; one that repeats it, once as well.
    """
    local = at.astimezone(ZoneInfo(schedule.zone))
    if schedule.daily_at is None:
        past = timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        return at - past
    today = _on(schedule, local, days=0)
    return today if today <= at else _on(schedule, local, days=-1)


def next_beginnings(schedule: Schedule, *, after: datetime, n: int) -> list[datetime]:
    """The next `n` times when a sweep begins, if something is due by then."""
    return list(islice(_beginnings(schedule, after=after), n))


def hurried_by_policy(schedule: Schedule, *, at: datetime) -> bool:
    """Whether a policy that takes force begins a sweep at once, whatever the clock."""
    return schedule.daily_at is None and pace_at(schedule, at=at) is not Pace.STOPPED


def _beginnings(schedule: Schedule, *, after: datetime) -> Iterator[datetime]:
    moment = last_beginning(schedule, at=after)
    while True:
        if schedule.daily_at is None:
            moment += _HOUR
        else:
            local = moment.astimezone(ZoneInfo(schedule.zone))
            moment = _on(schedule, local, days=1)
        if pace_at(schedule, at=moment) is not Pace.STOPPED:
            yield moment


def _on(schedule: Schedule, local: datetime, *, days: int) -> datetime:
    """The daily beginning some days from that local day, in UTC."""
    assert schedule.daily_at is not None  # callers asked before
    day = local.date() + timedelta(days=days)
    there = datetime.combine(day, schedule.daily_at, tzinfo=ZoneInfo(schedule.zone))
    return there.astimezone(UTC)


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)
