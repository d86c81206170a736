"""Decides when somebody outside is asked again, and which time they can have said."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
TOLERANCE = timedelta(minutes=10)
_MOST_DOUBLINGS = 6


def wait_after(failures: int) -> timedelta:
    """How long to wait after this many failures in a row (one or more)."""
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_plausible(said: datetime, *, at: datetime) -> bool:
    """Whether somebody who answered at `at` can have signed at the time they say."""
    return abs(said - at) <= TOLERANCE
