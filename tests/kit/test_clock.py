"""The clock runs in UTC, and stops only for tests and demonstrations."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from kit import clock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def running_clock(settings: Settings) -> Iterator[None]:
    settings.CUSTOS_NOW = ""
    settings.CUSTOS_DEMO = False
    clock.set_for_test(None)
    yield
    clock.set_for_test(None)


def test_the_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(tz=UTC)

    told = clock.now()

    assert before <= told <= datetime.now(tz=UTC)
    assert told.tzinfo is UTC


def test_a_test_stops_the_clock_and_lets_it_run_again() -> None:
    clock.set_for_test(NOON)
    assert clock.now() == NOON

    clock.set_for_test(None)
    assert clock.now() != NOON


def test_a_block_restores_the_time_that_was_set_before() -> None:
    clock.set_for_test(NOON)

    with clock.fixed_at(NOON + timedelta(days=1)) as tomorrow:
        assert clock.now() == tomorrow == NOON + timedelta(days=1)

    assert clock.now() == NOON


def test_a_set_time_is_told_in_utc() -> None:
    clock.set_for_test(NOON.astimezone(timezone(timedelta(hours=5))))

    assert clock.now().tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        clock.set_for_test(datetime(2026, 11, 23))  # noqa: DTZ001


def test_a_demonstration_runs_at_its_own_time(settings: Settings) -> None:
    settings.CUSTOS_DEMO = True
    settings.CUSTOS_NOW = "2026-11-23T12:00:00Z"

    assert clock.now() == NOON


def test_a_real_installation_refuses_a_stopped_clock(settings: Settings) -> None:
    settings.CUSTOS_NOW = "2026-11-23T12:00:00Z"

    with pytest.raises(ImproperlyConfigured, match="demo"):
        clock.now()
