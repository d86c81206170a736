"""For how long entries are kept, and where a log may be cut."""

from datetime import datetime, timedelta

SHORTEST_DAYS = 365
LONGEST_DAYS = 7305
"""Twenty years."""
GRACE = timedelta(days=7)
"""From a shorter time until entries go by it: time to change one's mind."""
WAIT = timedelta(hours=1)
"""From the record of a plan until entries go: exports and verifications that began
before it end."""
RUNS_EVERY = timedelta(days=1)
TILE = 256

Place = tuple[int, int]
"""(epoch, index) of an entry, or of the first that stays."""


def cutoff(*, days: int, detail_days: int, at: datetime) -> datetime:
    """Entries made before this may go; never before their details."""
    return at - timedelta(days=max(days, detail_days))


def kept_by_details(
    *, days: int, longer: int | None, shortened_at: datetime | None, at: datetime
) -> int:
    """For how many days details keep their entry: fewer count after the grace.

    Details themselves went at once, when they were given fewer days.
    """
    if longer is None or shortened_at is None or at >= shortened_at + GRACE:
        return days
    return max(days, longer)


def boundary(*, stays: Place | None, last: Place | None) -> Place | None:
    """Up to where a log is cut, always between tiles of its newest epoch.

    `stays` is the first entry that must stay, `last` the last one before it that was
    looked at. Of an epoch that ended before `stays` nothing is left.
    """
    if stays is not None:
        return stays[0], _floor(stays[1])
    return None if last is None else (last[0], _floor(last[1] + 1))


def is_shorter(*, before: int | None, after: int | None) -> bool:
    """Whether entries go earlier than they did; None keeps them for ever."""
    return after is not None and (before is None or after < before)


def due_at(
    due_at: datetime, *, before: int | None, after: int | None, at: datetime
) -> datetime:
    """When entries may go by another time, where they went at `due_at` before.

    A shorter time counts after its grace; a longer one ends no grace that runs.
    """
    shorter = is_shorter(before=before, after=after)
    return at + GRACE if shorter else max(due_at, at)


def _floor(index: int) -> int:
    return index // TILE * TILE
