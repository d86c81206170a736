"""Decides whose policies count, and when a new version takes force."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.eligibility.rules import Version
from workspaces.tenancy.plans import RetentionSetter

SHORTEST_DAYS = 1
LONGEST_DAYS = 3650
LONGEST_UNDO_DAYS = 28  # leaves two of the thirty days for the purge itself


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """A floor and a ceiling in days; None bounds nothing on that side."""

    floor_days: int | None
    ceiling_days: int | None


UNBOUNDED = Bounds(floor_days=None, ceiling_days=None)


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


def lowers(before: Bounds, after: Bounds) -> bool:
    """Tells whether anything may go earlier inside `after` than inside `before`."""
    ceilings = _as_days(after.ceiling_days), _as_days(before.ceiling_days)
    lowers_floor = (after.floor_days or 0) < (before.floor_days or 0)
    return lowers_floor or ceilings[0] < ceilings[1]


def _as_days(days: int | None) -> int:
    return LONGEST_DAYS + 1 if days is None else days
