"""Pure decisions of sign-in."""

from datetime import datetime, timedelta


def domain_of(address: str) -> str:
    """The domain of a folded address."""
    return address.rpartition("@")[2]


def session_seconds(
    *, own_max: timedelta, ends_at: datetime | None, at: datetime
) -> int:
    """How long a session lasts: never beyond what the identity provider allows."""
    allowed = own_max if ends_at is None else min(own_max, ends_at - at)
    return max(1, int(allowed.total_seconds()))
