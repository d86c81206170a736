"""Stages, forecast and share of the promise, without a database."""

from datetime import timedelta

import pytest

from retention.promise import rules
from retention.promise.rules import Stage
from tests.cast import NOON

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (None, Stage.KEPT),
        (rules.ALARM - MINUTE, Stage.KEPT),
        (rules.ALARM, Stage.ALARM),
        (rules.LIMIT, Stage.ALARM),
        (rules.LIMIT + MINUTE, Stage.OVERDUE),
    ],
)
def test_the_stage_follows_what_has_waited_longest(
    waited: timedelta | None, expected: Stage
) -> None:
    oldest_at = None if waited is None else NOON - waited

    assert rules.stage(oldest_at=oldest_at, at=NOON) is expected


def test_the_forecast_is_what_waits_read_backwards() -> None:
    found = rules.forecast((1, 0, 2) + (0,) * 26 + (4, 8))

    due = {day.number: day.due for day in found if day.due}
    assert len(found) == 30
    assert due == {0: 12, 27: 2, 29: 1}


@pytest.mark.parametrize(
    ("purged", "late", "overdue", "expected"),
    [(0, 0, 0, None), (10, 0, 0, 1.0), (10, 1, 0, 0.9), (9, 0, 1, 0.9), (0, 0, 2, 0.0)],
)
def test_what_is_still_overdue_counts_as_late(
    purged: int, late: int, overdue: int, expected: float | None
) -> None:
    assert rules.on_time(purged=purged, late=late, overdue=overdue) == expected
