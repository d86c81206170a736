"""How long keys and tokens live, and where one stands."""

from datetime import datetime, timedelta
from enum import StrEnum

SHORTEST_DAYS = 1
LONGEST_DAYS = 365
USUAL_DAYS = 90
USUAL_TOKEN_DAYS = 365
LONGEST_OVERLAP_HOURS = 24 * 30
# A use is noted once in this time: noting each one would write on every request.
USE_IS_NOTED_AFTER = timedelta(minutes=5)


def may_live(days: int) -> bool:
    """Whether a key may be issued for that many days; none is forever."""
    return SHORTEST_DAYS <= days <= LONGEST_DAYS


def may_overlap(hours: int) -> bool:
    """Whether the old key may work on for that long after its rotation."""
    return 0 <= hours <= LONGEST_OVERLAP_HOURS


def end_of_rotated(*, expires_at: datetime, at: datetime, hours: int) -> datetime:
    """When a rotated key stops: rotation never lengthens a life."""
    return min(expires_at, at + timedelta(hours=hours))


def is_use_noted(*, last_used_at: datetime | None, at: datetime) -> bool:
    """Whether the last noted use is recent enough to leave it."""
    return last_used_at is not None and at - last_used_at < USE_IS_NOTED_AFTER


class State(StrEnum):
    """Where a key stands."""

    WORKS = "works"
    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNER_GONE = "owner_gone"


def state(
    *,
    expires_at: datetime,
    rotated_at: datetime | None,
    revoked_at: datetime | None,
    is_owner_here: bool,
    at: datetime,
) -> State:
    """What has become of a key; an end that somebody chose is named first."""
    if revoked_at is not None:
        return State.REVOKED
    if expires_at <= at:
        return State.EXPIRED
    if not is_owner_here:
        return State.OWNER_GONE
    return State.WORKS if rotated_at is None else State.ENDING
