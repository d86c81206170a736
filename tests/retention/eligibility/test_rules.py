"""The rules that turn policy versions into cut-offs, as tables and as properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.eligibility import rules
from retention.eligibility.rules import Version
from workspaces.tenancy.plans import Plan, of

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MANAGED = of(Plan.ENTERPRISE)


def day(n: float) -> datetime:
    return T0 + timedelta(days=n)


def versions(*rows: tuple[int | None, int, float, float]) -> list[Version]:
    """(days, undo days, set on day, in force on day) of versions 1, 2, ..."""
    return [
        Version(
            number=place + 1,
            days=days,
            undo_days=undo,
            set_at=day(set_on),
            in_force_at=day(force_on),
        )
        for place, (days, undo, set_on, force_on) in enumerate(rows)
    ]


def purge_day(rows: list[Version], at: float) -> float | None:
    found = rules.cutoffs(rows, at=day(at), promises=MANAGED).purge_before
    return None if found is None else (found - T0) / timedelta(days=1)


@pytest.mark.parametrize(
    ("rows", "at", "expected"),
    [
        pytest.param([], 100, None, id="no policy keeps"),
        pytest.param([(None, 0, 0, 0)], 100, None, id="keep keeps"),
        pytest.param([(10, 0, 0, 0)], 100, 90, id="no undo: purged when expired"),
        pytest.param([(10, 7, 0, 0)], 100, 83, id="undo waits"),
        pytest.param([(10, 7, 0, 98)], 100, None, id="in force for less than undo"),
        pytest.param([(10, 7, 0, 98)], 105, 88, id="expired at once when in force"),
        pytest.param([(10, 7, 0, 98)], 106, 89, id="then day by day"),
        pytest.param([(10, 7, 0, 0), (20, 7, 98, 98)], 100, 78, id="lengthened"),
        pytest.param(
            [(20, 7, 0, 0), (10, 7, 95, 95)],
            100,
            73,
            id="shortened: the old run goes on",
        ),
        pytest.param(
            [(10, 7, 0, 0), (11, 7, 94, 94), (10, 7, 96, 96), (11, 7, 98, 98)],
            100,
            83,
            id="repeated changes do not postpone",
        ),
        pytest.param(
            [(10, 7, 0, 0), (None, 7, 95, 95), (10, 7, 96, 96)],
            100,
            None,
            id="keep in between ends every run",
        ),
        pytest.param(
            [(10, 0, 0, 0), (5, 0, 98, 99), (10, 0, 98.5, 98.5)],
            100,
            90,
            id="a superseded version never takes force",
        ),
        pytest.param([(10, 0, 0, 0), (5, 0, 99, 101)], 100, 90, id="pending waits"),
    ],
)
def test_cut_off_of_purges(rows, at, expected):
    assert purge_day(versions(*rows), at) == expected


def test_item_goes_exactly_when_its_days_and_its_undo_have_passed():
    rows = versions((10, 7, 0, 0))

    assert purge_day(rows, 17 + 50) == 50
    assert purge_day(rows, 17 + 50 - 1e-6) < 50


def test_deleted_items_wait_for_undo_and_the_default_applies_without_policy():
    found = rules.cutoffs([], at=day(100), promises=MANAGED)

    assert found.deleted_before == day(93)
    assert found.expire_before is None


def test_temporary_conversations_are_due_in_thirty_days_whatever_the_policy():
    found = rules.cutoffs(versions((365, 7, 0, 0)), at=day(100), promises=MANAGED)

    assert found.created_before == day(70)
    assert found.by_creation is False


def test_api_platform_counts_thirty_days_from_creation_without_undo():
    found = rules.cutoffs([], at=day(100), promises=of(Plan.API))

    assert found.by_creation is True
    assert found.created_before == day(70)
    assert found.deleted_before == day(100)


HOURS = st.integers(min_value=0, max_value=40 * 24)
CHANGES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(1, 20)),
        st.integers(0, 9),
        HOURS,
        st.sampled_from([0, 0, 24, 72]),
    ),
    max_size=6,
)


def history(changes) -> list[Version]:
    ordered = sorted(changes, key=lambda change: change[2])
    return versions(
        *[(d, u, hour / 24, (hour + grace) / 24) for d, u, hour, grace in ordered]
    )


def expired_at(rows: list[Version], clock: datetime, moment: datetime) -> bool:
    current = rules.in_force(rows, at=moment)
    if current is None or current.days is None:
        return False
    return clock + timedelta(days=current.days) <= moment


@given(CHANGES, HOURS, HOURS)
def test_purgeable_means_expired_at_every_hour_of_the_undo_window(changes, clock, now):
    """The definition, hour by hour: all times lie on whole hours, so it is exact."""
    rows, at, item = history(changes), day(now / 24), day(clock / 24)
    found = rules.cutoffs(rows, at=at, promises=MANAGED)
    current = rules.in_force(rows, at=at)
    undo_hours = 24 * (current.undo_days if current else 0)

    by_definition = current is not None and all(
        expired_at(rows, item, at - timedelta(hours=back))
        for back in range(undo_hours + 1)
    )

    purgeable = found.purge_before is not None and item <= found.purge_before
    assert purgeable == by_definition


@given(CHANGES, HOURS, HOURS)
def test_purgeable_items_are_expired_and_future_ones_never_are(changes, clock, now):
    rows, at, item = history(changes), day(now / 24), day(clock / 24)
    found = rules.cutoffs(rows, at=at, promises=MANAGED)

    expired = found.expire_before is not None and item <= found.expire_before

    assert expired == expired_at(rows, item, at)
    if found.purge_before is not None:
        assert found.expire_before is not None
        assert found.purge_before <= found.expire_before
    if item > at:
        assert not expired


@given(CHANGES, HOURS)
def test_an_expired_item_goes_within_its_undo_window_if_the_policy_rests(changes, now):
    rows = history(changes)
    at = day(now / 24)
    expire_before = rules.cutoffs(rows, at=at, promises=MANAGED).expire_before
    current = rules.in_force(rows, at=at)
    if expire_before is None or current is None or rules.pending(rows, at=at):
        return

    later = at + timedelta(days=current.undo_days)
    found = rules.cutoffs(rows, at=later, promises=MANAGED)

    if not any(at < version.set_at <= later for version in rows):
        assert found.purge_before is not None
        assert found.purge_before >= expire_before
