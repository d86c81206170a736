"""Ids are random, or ordered by time where time is no secret."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit import clock, ids

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001
    max_value=datetime(9999, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_new_ids_are_random_and_distinct() -> None:
    made = {ids.new_uuid() for _ in range(100)}

    assert len(made) == 100
    assert {one.version for one in made} == {4}


@given(at=MOMENTS)
def test_a_time_ordered_id_carries_its_milliseconds(at: datetime) -> None:
    made = ids.new_uuid7(at=at)

    milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert made.int >> 80 == milliseconds
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


@given(one=MOMENTS, other=MOMENTS)
def test_time_ordered_ids_sort_by_time(one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other])

    if earlier < later:
        assert ids.new_uuid7(at=earlier) < ids.new_uuid7(at=later)


def test_without_a_time_the_clock_is_asked() -> None:
    with clock.fixed_at(NOON):
        made = ids.new_uuid7()

    assert made.int >> 80 == int(NOON.timestamp() * 1000)
