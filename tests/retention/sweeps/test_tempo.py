"""Batches shrink when they take long and grow when they do not; paced ones rest."""

from retention.schedules.rules import Pace
from retention.sweeps.rules import (
    FIRST_BATCH,
    LARGEST_BATCH,
    LONGEST_BATCH_SECONDS,
    tempo,
)


def test_at_full_pace_batches_grow_to_a_window_and_nobody_rests() -> None:
    full = tempo(Pace.FULL)

    assert full.batch_size == FIRST_BATCH
    assert full.after(0.001).after(0.001).batch_size == LARGEST_BATCH
    assert full.rest_seconds(0.1) == 0


def test_a_batch_that_took_too_long_is_followed_by_one_that_fits() -> None:
    full = tempo(Pace.FULL)

    slower = full.after(2 * LONGEST_BATCH_SECONDS)

    assert slower.batch_size == FIRST_BATCH // 2
    assert slower.after(LONGEST_BATCH_SECONDS / 3).batch_size == FIRST_BATCH


def test_a_batch_never_becomes_nothing_and_never_more_than_a_window() -> None:
    full = tempo(Pace.FULL)

    assert 0 < full.after(3600).batch_size < 100
    assert full.after(0).after(0).after(0).batch_size == LARGEST_BATCH


def test_paced_work_leaves_nine_tenths_of_the_time_to_people() -> None:
    paced = tempo(Pace.PACED)

    assert paced.batch_size < LARGEST_BATCH
    assert paced.rest_seconds(0.1) == 0.9
    assert paced.rest_seconds(60) == 2  # never for long: the lease must be kept
    assert paced.batch_seconds <= LONGEST_BATCH_SECONDS
