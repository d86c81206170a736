"""When sweeps begin and how fast, through nights that skip or repeat an hour."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from retention.schedules.rules import (
    STANDARD,
    Cadence,
    Pace,
    Schedule,
    Window,
    is_late,
    last_beginning,
    next_beginnings,
    pace_at,
    slowest,
)

NIGHT = Window(begins=time(22), ends=time(6))


def daily(at: time, zone: str = "Europe/Berlin") -> Schedule:
    return Schedule(cadence=Cadence.DAILY, daily_at=at, zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_a_schedule_each_full_hour_begins_one() -> None:
    at = utc("2026-03-02T12:20:31")

    assert last_beginning(STANDARD, at=at) == utc("2026-03-02T12:00")
    assert next_beginnings(STANDARD, after=at, n=2) == [
        utc("2026-03-02T13:00"),
        utc("2026-03-02T14:00"),
    ]


def test_hours_are_those_of_the_zone() -> None:
    schedule = Schedule(zone="Asia/Kolkata")  # half an hour beside UTC

    assert last_beginning(schedule, at=utc("2026-03-02T12:20")) == utc(
        "2026-03-02T11:30"
    )


def test_a_day_begins_at_its_time_in_summer_and_winter() -> None:
    schedule = daily(time(3, 30))

    assert last_beginning(schedule, at=utc("2026-01-10T12:00")) == utc(
        "2026-01-10T02:30"
    )
    assert last_beginning(schedule, at=utc("2026-07-10T01:00")) == utc(
        "2026-07-09T01:30"
    )


def test_a_time_that_the_spring_night_skips_comes_an_hour_later_once() -> None:
    found = next_beginnings(daily(time(2, 30)), after=utc("2026-03-27T12:00"), n=3)

    assert found == [
        utc("2026-03-28T01:30"),
        utc("2026-03-29T01:30"),  # 03:30 on the clocks there
        utc("2026-03-30T00:30"),
    ]


def test_a_time_that_the_autumn_night_repeats_counts_once() -> None:
    found = next_beginnings(daily(time(2, 30)), after=utc("2026-10-24T12:00"), n=2)

    assert found == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]
    assert last_beginning(daily(time(2, 30)), at=utc("2026-10-25T01:45")) == found[0]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("at", [time(0), time(2, 30), time(23, 59)])
def test_through_two_years_each_day_has_one_beginning(at: time, zone: str) -> None:
    found = next_beginnings(daily(at, zone), after=utc("2026-01-01T12:00"), n=730)

    steps = [later - earlier for earlier, later in pairwise(found)]
    assert min(steps) >= timedelta(hours=23)
    assert max(steps) <= timedelta(hours=25)
    for earlier, later in pairwise(found):
        # Whoever looks in between finds the earlier one, however long beat was down.
        moment = later - timedelta(seconds=1)
        assert last_beginning(daily(at, zone), at=moment) == earlier


@pytest.mark.parametrize(
    ("moment", "pace"),
    [
        ("21:59", Pace.PACED),
        ("22:00", Pace.FULL),
        ("05:59", Pace.FULL),
        ("06:00", Pace.PACED),
        ("12:00", Pace.PACED),
    ],
)
def test_outside_its_window_a_sweep_goes_slowly(moment: str, pace: Pace) -> None:
    schedule = Schedule(window=NIGHT, busy_pace=Pace.PACED)

    assert pace_at(schedule, at=utc(f"2026-03-02T{moment}")) is pace


def test_hours_in_which_nothing_may_be_purged_begin_nothing() -> None:
    schedule = Schedule(
        window=Window(begins=time(1), ends=time(3)), busy_pace=Pace.STOPPED
    )

    found = next_beginnings(schedule, after=utc("2026-03-02T12:00"), n=3)

    assert found == [
        utc("2026-03-03T01:00"),
        utc("2026-03-03T02:00"),
        utc("2026-03-04T01:00"),
    ]


def test_the_shortest_window_outlives_the_night_that_loses_an_hour() -> None:
    schedule = Schedule(
        window=Window(begins=time(1), ends=time(3)),
        busy_pace=Pace.STOPPED,
        zone="Europe/Berlin",
    )

    open_for = [
        minute
        for minute in range(24 * 60)
        if pace_at(schedule, at=utc("2026-03-29T00:00") + timedelta(minutes=minute))
        is Pace.FULL
    ]
    assert len(open_for) >= 60


def test_a_daily_beginning_must_lie_where_work_is_allowed() -> None:
    def planned(at: time, pace: Pace) -> Schedule:
        return Schedule(
            cadence=Cadence.DAILY, daily_at=at, window=NIGHT, busy_pace=pace
        )

    assert planned(time(23), Pace.STOPPED).is_possible
    assert planned(time(12), Pace.PACED).is_possible
    assert not planned(time(12), Pace.STOPPED).is_possible


def test_the_slowest_of_those_who_share_a_run_decides() -> None:
    assert slowest(Pace.FULL, Pace.PACED) is Pace.PACED
    assert slowest(Pace.STOPPED, Pace.FULL) is Pace.STOPPED
    assert slowest() is Pace.FULL


def test_after_a_week_without_a_whole_sweep_no_hour_counts() -> None:
    at = utc("2026-03-20T12:00")

    assert is_late(at - timedelta(days=8), at=at)
    assert not is_late(at - timedelta(days=6), at=at)
    assert not is_late(None, at=at)
