"""A list is paged by key: nothing repeats, nothing is skipped, no cursor is trusted."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import FloatField, QuerySet, Value
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kit.http import keyset
from kit.vault.models import VaultKey

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEWEST_FIRST: keyset.Order = (("made_at", "desc"), ("id", "desc"))
OLDEST_FIRST: keyset.Order = (("made_at", "asc"), ("id", "asc"))

needs_rows = pytest.mark.django_db(databases=["vault"])


def rows() -> QuerySet[VaultKey]:
    return VaultKey.objects.using("vault")


@pytest.fixture
def ten_rows() -> None:
    """Ten rows at five moments, so that the second column must decide."""
    rows().bulk_create(
        VaultKey(
            id=UUID(int=number * 7 % 11),
            kind="organization",
            wrapped=b"x",
            made_at=NOON + timedelta(microseconds=number // 2),
        )
        for number in range(1, 11)
    )


def walk(order: keyset.Order, size: int) -> list[keyset.Page[VaultKey]]:
    pages = [keyset.page(rows(), order=order, size=size)]
    while pages[-1].next:
        pages.append(keyset.page(rows(), order=order, after=pages[-1].next, size=size))
    return pages


@needs_rows
@pytest.mark.parametrize("order", [NEWEST_FIRST, OLDEST_FIRST])
@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
def test_all_pages_together_are_the_list(
    ten_rows: None, order: keyset.Order, size: int
) -> None:
    sign = "-" if order == NEWEST_FIRST else ""

    pages = walk(order, size)

    listed = [row.id for page in pages for row in page.rows]
    assert listed == list(
        rows().order_by(f"{sign}made_at", f"{sign}id").values_list("id", flat=True)
    )
    assert len(pages) == -(-10 // size)


@needs_rows
@pytest.mark.parametrize("order", [NEWEST_FIRST, OLDEST_FIRST])
def test_going_back_shows_the_same_pages(ten_rows: None, order: keyset.Order) -> None:
    forth = walk(order, 4)

    back = [forth[-1]]
    while back[0].previous:
        back.insert(0, keyset.page(rows(), order=order, after=back[0].previous, size=4))

    assert [page.rows for page in back[-2:]] == [page.rows for page in forth[-2:]]
    assert [page.rows for page in back] == [page.rows for page in forth]
    assert back[0].previous is None
    assert back[0].next is not None


@needs_rows
def test_rows_that_come_and_go_disturb_no_page(ten_rows: None) -> None:
    first = keyset.page(rows(), order=OLDEST_FIRST, size=3)
    second = keyset.page(rows(), order=OLDEST_FIRST, after=first.next, size=3)
    rows().create(id=UUID(int=99), kind="organization", wrapped=b"x", made_at=NOON)

    again = keyset.page(rows(), order=OLDEST_FIRST, after=first.next, size=3)

    assert again.rows == second.rows


@needs_rows
def test_an_empty_list_has_one_empty_page() -> None:
    page = keyset.page(rows(), order=NEWEST_FIRST)

    assert page == keyset.Page(rows=[], next=None, previous=None)


@needs_rows
def test_a_page_takes_one_query_and_never_more_than_the_largest(
    ten_rows: None,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(keyset, "LARGEST_PAGE", 4)

    with django_assert_num_queries(1, using="vault"):
        page = keyset.page(rows(), order=NEWEST_FIRST, size=1_000_000)

    assert len(page.rows) == 4
    assert len(keyset.page(rows(), order=NEWEST_FIRST, size=-1).rows) == 1


@needs_rows
def test_the_filters_of_the_list_stay_in_force(ten_rows: None) -> None:
    few = rows().filter(made_at=NOON + timedelta(microseconds=1))
    everywhere = keyset.page(rows(), order=OLDEST_FIRST, size=1)

    page = keyset.page(few, order=OLDEST_FIRST, after=everywhere.next)

    assert {row.made_at for row in page.rows} == {NOON + timedelta(microseconds=1)}


@needs_rows
def test_an_index_answers_the_page(ten_rows: None) -> None:
    first = keyset.page(rows(), order=OLDEST_FIRST, size=2)
    live = rows().filter(kind="organization", wrapped__isnull=False)
    keys = keyset._Keys(live, OLDEST_FIRST)
    with connections["vault"].cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_sort = off")

    plan = keys.select(live, keys.cursor(first.next or "")).explain()

    assert "Index Cond" in plan
    assert "ROW(made_at, id) > ROW(" in plan
    assert "Filter" not in plan


def token(*parts: object) -> str:
    text = json.dumps(parts)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


MARK = keyset._Keys(VaultKey.objects.all(), NEWEST_FIRST)._mark
MOMENT, KEY = NOON.isoformat(), str(UUID(int=1))


def asked(after: str) -> None:
    keyset.page(VaultKey.objects.none(), order=NEWEST_FIRST, after=after)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "%%%",
        "ü",
        "e30",
        token(),
        token(0),
        token(0, MARK),
        token(2, MARK, MOMENT, KEY),
        token([], MARK, MOMENT, KEY),
        token(0, "00000000", MOMENT, KEY),
        token(0, MARK, MOMENT),
        token(0, MARK, MOMENT, KEY, KEY),
        token(0, MARK, MOMENT, "no uuid"),
        token(0, MARK, "no moment", KEY),
        token(0, MARK, "2026-11-23T12:00:00", KEY),
        token(0, MARK, "0001-01-01T00:00:00+14:00", KEY),
        token(0, MARK, 7, KEY),
        token(0, MARK, None, KEY),
        token(0, MARK, MOMENT + "\0", KEY),
        base64.urlsafe_b64encode(b"[" * 1_400).decode(),
        token(0, MARK, MOMENT, "x" * 3_000),
    ],
)
def test_a_cursor_that_the_list_did_not_give_out_is_refused(after: str) -> None:
    with pytest.raises(keyset.BadCursor, match="Start at its first page") as refused:
        asked(after)

    assert refused.value.status == 400


@given(after=st.text(min_size=1, max_size=60))
def test_no_text_breaks_the_reading_of_cursors(after: str) -> None:
    with pytest.raises(keyset.BadCursor):
        asked(after)


@given(parts=st.lists(st.none() | st.integers() | st.floats() | st.text(), max_size=4))
def test_no_json_breaks_the_reading_of_cursors(parts: list[object]) -> None:
    with pytest.raises(keyset.BadCursor):
        asked(token(0, MARK, *parts))


@given(text=st.text())
def test_no_text_column_takes_what_postgresql_cannot_hold(text: str) -> None:
    by_kind = keyset._Keys(VaultKey.objects.all(), (("kind", "asc"),))
    after = token(0, by_kind._mark, text)

    if "\0" in text:
        with pytest.raises(keyset.BadCursor):
            by_kind.cursor(after)
    else:
        assert by_kind.cursor(after).values == [text]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1.0, True, "1"])
def test_no_integer_column_takes_what_postgresql_cannot_hold(value: object) -> None:
    with pytest.raises(ValueError, match="bigint"):
        keyset._integer(value)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ((("made_at", "desc"), ("id", "asc")), "one direction"),
        ((("parent_id", "asc"),), "may be null"),
        ((("length", "asc"),), "FloatField"),
    ],
)
def test_an_order_that_cannot_be_paged_is_refused_at_once(
    order: keyset.Order, reason: str
) -> None:
    listed = VaultKey.objects.annotate(length=Value(1.5, output_field=FloatField()))

    with pytest.raises(ValueError, match=reason):
        keyset.page(listed, order=order)
