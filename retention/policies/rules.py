"""Decides whose policies count, and when a new version takes force."""

from datetime import datetime, timedelta

from retention.eligibility.rules import Version
from workspaces.tenancy.plans import RetentionSetter

SHORTEST_DAYS = 1
LONGEST_DAYS = 3650
LONGEST_UNDO_DAYS = 28  # leaves two of the thirty days for the purge itself


def governs(setter: RetentionSetter, *, is_own: bool) -> bool:
    """Tells whether versions that members set for themselves, or all others, count.

    Versions outlive a change of plan; what others set there counts no longer.
    """
    if setter is RetentionSetter.FIXED:
        return False
    return is_own is (setter is RetentionSetter.MEMBER)


def in_force_from(
    *,
    current: Version | None,
    days: int | None,
    undo_days: int,
    at: datetime,
    grace: timedelta,
) -> datetime:
    """When a new version takes force: a shortening waits, a lengthening does not."""
    return at + grace if shortens(current, days=days, undo_days=undo_days) else at


def shortens(current: Version | None, *, days: int | None, undo_days: int) -> bool:
    """Tells whether anything would go earlier than under `current`."""
    if current is None:
        return days is not None
    return _as_days(days) < _as_days(current.days) or undo_days < current.undo_days


def _as_days(days: int | None) -> int:
    return LONGEST_DAYS + 1 if days is None else days
