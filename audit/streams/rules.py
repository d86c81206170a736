"""When to try again, how a stream stands, and what one turn may take."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
ALARM_AFTER = timedelta(minutes=60)
TURN = timedelta(seconds=20)
"""How long one destination may keep a worker before the next one gets its turn."""

_DOUBLINGS = 8


class Standing(StrEnum):
    """How a stream stands, as its page says it."""

    PAUSED = "paused"
    FLOWS = "flows"
    FAILS = "fails"
    LATE = "late"


def delay(*, failures: int, jitter: float) -> timedelta:
    """How long to wait after so many failures in a row; `jitter` is in [0, 1).

    It doubles up to a bound; up to half of it is left to chance, so that streams which
    failed together do not come back together.
    """
    doubled = FIRST_DELAY * (1 << min(max(failures, 1) - 1, _DOUBLINGS))
    return min(doubled, LONGEST_DELAY) * (0.5 + jitter / 2)


Place = tuple[int, int]
"""(epoch, index) of an entry."""


def position(place: Place, *, sizes: Mapping[int, int]) -> int:
    """How many entries stand before this place, over all epochs of these sizes."""
    epoch, index = place
    return sum(size for one, size in sizes.items() if one < epoch) + index


def behind(cursor: Place, *, sizes: Mapping[int, int]) -> int:
    """How many sealed entries lie beyond the cursor."""
    return max(sum(sizes.values()) - position(cursor, sizes=sizes) - 1, 0)


def missing(cursor: Place, first: Place, *, sizes: Mapping[int, int]) -> int:
    """How many entries are gone between the cursor and the first that is there."""
    there = position(first, sizes=sizes)
    return max(there - position(cursor, sizes=sizes) - 1, 0)


def late_since(*, waiting_since: datetime, started_at: datetime | None) -> datetime:
    """From when on the oldest waiting entry could have been sent."""
    return max(waiting_since, started_at) if started_at else waiting_since


def is_late(*, since: datetime | None, at: datetime) -> bool:
    """Tells whether entries have waited for so long that somebody must look."""
    return since is not None and at - since >= ALARM_AFTER


def standing(
    *, is_running: bool, is_failing: bool, since: datetime | None, at: datetime
) -> Standing:
    """How a stream stands: what is late is worse than what only fails just now."""
    if not is_running:
        return Standing.PAUSED
    if is_late(since=since, at=at):
        return Standing.LATE
    return Standing.FAILS if is_failing else Standing.FLOWS
