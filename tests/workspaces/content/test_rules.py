"""Owners and dates of conversations that come without them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from workspaces.content.rules import Dating, Spread, assigned

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
YEAR = Spread(first=AT - timedelta(days=365), last=AT)


def test_an_id_falls_to_the_same_owner_in_every_run() -> None:
    first = [assigned("abc", id=f"c{number}") for number in range(300)]
    again = [assigned("abc", id=f"c{number}") for number in range(300)]

    assert first == again
    assert min(Counter(first).values()) > 70


def test_spread_dates_fill_the_whole_stretch() -> None:
    moments = [YEAR.moment(id=f"c{number}") for number in range(1_000)]

    older = sum(moment < AT - timedelta(days=255) for moment in moments)
    assert 250 < older < 350
    assert min(moments) >= YEAR.first
    assert max(moments) < YEAR.last


def test_undated_conversations_count_from_the_import_unless_spread() -> None:
    plain = Dating(at=AT).dates(id="a", created_at=None, last_activity_at=None)
    spread = Dating(at=AT, spread=YEAR).dates(
        id="a", created_at=None, last_activity_at=None
    )

    assert plain.created_at == plain.last_activity_at == AT
    assert spread.last_activity_at == YEAR.moment(id="a")


def test_real_dates_are_not_spread() -> None:
    real = AT - timedelta(days=3)

    dates = Dating(at=AT, spread=YEAR).dates(
        id="a", created_at=real, last_activity_at=real
    )

    assert dates.created_at == real


def test_real_dates_move_by_one_constant() -> None:
    old = AT - timedelta(days=5_000)
    dating = Dating(at=AT, shift=timedelta(days=4_000))

    dates = dating.dates(
        id="a", created_at=old, last_activity_at=old + timedelta(hours=1)
    )

    assert dates.created_at == AT - timedelta(days=1_000)
    assert dates.last_activity_at - dates.created_at == timedelta(hours=1)


def test_no_date_lies_in_the_future() -> None:
    dates = Dating(at=AT).dates(
        id="a",
        created_at=AT + timedelta(days=1),
        last_activity_at=datetime.max.replace(tzinfo=UTC),
    )

    assert dates.created_at == dates.last_activity_at == AT


def test_the_last_activity_is_never_before_the_creation() -> None:
    dates = Dating(at=AT).dates(
        id="a", created_at=AT, last_activity_at=AT - timedelta(days=1)
    )

    assert dates.last_activity_at == AT
