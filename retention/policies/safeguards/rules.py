"""Decides when a shortening needs a second person."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From how much newly due on another person has to agree; None does not ask.

    `percent` is of what the workspace stores, `number` is absolute; one is enough.
    """

    percent: int | None
    number: int | None

    @property
    def is_on(self) -> bool:
        return self.percent is not None or self.number is not None


def needs_second_person(threshold: Threshold, *, newly_due: int, stored: int) -> bool:
    """Tells whether what a policy would newly let go is too much for one person."""
    if threshold.number is not None and newly_due >= threshold.number:
        return True
    if threshold.percent is None or not newly_due:
        return False
    return newly_due * 100 >= threshold.percent * stored


def loosens(before: Threshold, after: Threshold) -> bool:
    """Tells whether something would pass with one person that did not before."""
    return _eases(before.percent, after.percent) or _eases(before.number, after.number)


def _eases(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)
