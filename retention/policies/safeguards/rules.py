"""Decides when a shortening needs a second person."""

from collections.abc import Mapping
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


def any_needs_second_person(
    threshold: Threshold,
    *,
    due: Mapping[str, int],
    stored: Mapping[str, int],
    at_most: int,
) -> bool:
    """The same for several kinds: the number is of all, the percent of one of them.

    Of what is due, `at_most` counts: the rest was agreed to, of whatever kind it is.
    `stored` is looked at for a percent only.
    """
    total = min(sum(due.values()), at_most)
    if threshold.number is not None and total >= threshold.number:
        return True
    if threshold.percent is None:
        return False
    return any(
        needs_second_person(threshold, newly_due=min(n, total), stored=stored[kind])
        for kind, n in due.items()
    )


def loosens(before: Threshold, after: Threshold) -> bool:
    """Tells whether something would pass with one person that did not before."""
    return _eases(before.percent, after.percent) or _eases(before.number, after.number)


def _eases(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)
