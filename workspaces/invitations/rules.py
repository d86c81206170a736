"""What an invitation is at a moment, and when it ends."""

from datetime import datetime, timedelta
from enum import StrEnum

LIFE = timedelta(days=14)
_FIRST_WAIT = timedelta(minutes=1)
MOST_TRIES = 10


class State(StrEnum):
    """The states; `expired` is told by the clock and stored nowhere."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state(
    *,
    accepted_at: datetime | None,
    revoked_at: datetime | None,
    expires_at: datetime,
    at: datetime,
) -> State:
    """Where an invitation stands."""
    if accepted_at is not None:
        return State.ACCEPTED
    if revoked_at is not None:
        return State.REVOKED
    return State.PENDING if at < expires_at else State.EXPIRED


def wait_after(tries: int) -> timedelta | None:
    """How long until the mail is tried again; nothing where it is given up."""
    return None if tries >= MOST_TRIES else _FIRST_WAIT * (2 ** (tries - 1))
