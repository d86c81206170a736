"""How long keys and tokens live, and what of their scopes is in force."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

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


def is_within(
    *, wanted: AbstractSet[str], held: AbstractSet[str], on_plan: AbstractSet[str]
) -> bool:
    """Whether who holds `held` may open `wanted`, as far as the plan has it at all."""
    return bool(wanted & on_plan) and (wanted & on_plan) <= held
