"""Decides how a workspace stands to its promise: gone within 30 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LIMIT = timedelta(days=30)
ALARM = timedelta(days=20)


class Stage(StrEnum):
    """Kept; an alarm, with ten days left to act; or broken."""

    KEPT = "kept"
    ALARM = "alarm"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True)
class Day:
    """What comes due on one day: `number` days from now, counted from 0."""

    number: int
    due: int


def stage(*, oldest_at: datetime | None, at: datetime) -> Stage:
    """By what has waited longest; its due moment itself is still in time."""
    if oldest_at is None or at - oldest_at < ALARM:
        return Stage.KEPT
    return Stage.OVERDUE if at - oldest_at > LIMIT else Stage.ALARM


def forecast(by_day: tuple[int, ...]) -> list[Day]:
    """Day by day what comes due in the next 30 days; only what is hidden now can.

    What has waited for `n` full days is due in the day that begins in 29 - n days;
    what is overdue stands on day 0 with what comes due today.
    """
    due = [0] * LIMIT.days
    for waited, number in enumerate(by_day):
        due[max(LIMIT.days - 1 - waited, 0)] += number
    return [Day(number=number, due=n) for number, n in enumerate(due)]


def on_time(*, purged: int, late: int, overdue: int) -> float | None:
    """The share that went in time; what is overdue and still stored counts as late."""
    total = purged + overdue
    return None if not total else max(total - late - overdue, 0) / total
