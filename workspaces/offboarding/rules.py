"""When a call to another server is made again, and when it is given up."""

from datetime import timedelta

MOST_TRIES = 12
LEASE = timedelta(minutes=2)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after that many failed tries; None gives up."""
    if tries >= MOST_TRIES:
        return None
    return min(_FIRST_WAIT * (1 << (tries - 1)), _LONGEST_WAIT)
