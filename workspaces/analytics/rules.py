"""Decides which counts may be shown: none that speaks of fewer than five people.

A count of 1 to 4 is hidden, and so is everything else of a week in which fewer than
five members are known to be active: its conversations and messages are those of a few.
Weeks without anything show their zero. A total is shown only when no week of its row
is hidden: otherwise the hidden one would be what is left over. Only whole weeks are
shown, which nobody's next message changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FLOOR = 5


@dataclass(frozen=True, kw_only=True)
class Week:
    """What was counted in one week, before anything is hidden."""

    members: int
    others: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measure over all weeks; None where a count is hidden."""

    cells: tuple[int | None, ...]
    total: int | None


def rows(weeks: Sequence[Week]) -> tuple[Row, ...]:
    """Active members, then each other measure, with what may not be shown hidden.

    Members have no total: the same person counts in many weeks.
    """
    members = Row(cells=tuple(_shown(week.members) for week in weeks), total=None)
    measures = range(len(weeks[0].others)) if weeks else range(0)
    return (members, *(_row(weeks, measure) for measure in measures))


def _row(weeks: Sequence[Week], measure: int) -> Row:
    cells = tuple(_cell(week, measure) for week in weeks)
    known = [cell for cell in cells if cell is not None]
    return Row(cells=cells, total=sum(known) if len(known) == len(cells) else None)


def _cell(week: Week, measure: int) -> int | None:
    count = week.others[measure]
    # Nobody active and something counted: nobody knows how few people that were.
    if week.members < FLOOR and (week.members or count):
        return None
    return _shown(count)


def _shown(count: int) -> int | None:
    return None if 0 < count < FLOOR else count
