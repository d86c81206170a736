"""How long what a job worked on, and what it left, is kept."""

from datetime import datetime, timedelta

KEPT_DAYS = 7


def gone_at(*, ended_at: datetime) -> datetime:
    """When the file of a job that ended then goes, and the list it was given."""
    return ended_at + timedelta(days=KEPT_DAYS)


def is_over(*, ended_at: datetime, at: datetime) -> bool:
    """Whether its days are over: nobody downloads it, and the next round takes it."""
    return gone_at(ended_at=ended_at) <= at


def ended_before(*, at: datetime) -> datetime:
    """Jobs that ended by then are over."""
    return at - timedelta(days=KEPT_DAYS)
