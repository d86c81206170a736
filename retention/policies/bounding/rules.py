"""Decides whether other bounds would let anything go earlier than the old ones."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """A floor and a ceiling in days; None bounds nothing."""

    floor_days: int | None
    ceiling_days: int | None


NONE = Limits(floor_days=None, ceiling_days=None)


def kept(days: int | None, limits: Limits) -> int | None:
    """How long a policy of so many days keeps inside bounds; None is for ever."""
    if limits.ceiling_days is not None:
        days = limits.ceiling_days if days is None else min(days, limits.ceiling_days)
    if limits.floor_days is not None and days is not None:
        days = max(days, limits.floor_days)
    return days


def lets_go_earlier(
    policies: Sequence[int | None], *, before: Limits, after: Limits
) -> bool:
    """Tells whether one of these policies would keep for less than it does."""
    return any(_shorter(kept(days, after), kept(days, before)) for days in policies)


def _shorter(days: int | None, other: int | None) -> bool:
    if days is None:
        return False
    return other is None or days < other
