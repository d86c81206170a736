"""Which counts may be shown, as a table."""

import itertools

import pytest

from workspaces.analytics.rules import FLOOR, Row, Week, rows


def week(members: int, *others: int) -> Week:
    return Week(members=members, others=others or (0,))


@pytest.mark.parametrize(
    ("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (500, 500)]
)
def test_one_to_four_members_are_hidden(count, shown):
    members, _others = rows([week(count)])

    assert members.cells == (shown,)


def test_a_week_of_few_members_hides_all_of_that_week():
    _members, conversations = rows([week(4, 900), week(5, 900), week(0, 0)])

    assert conversations == Row(cells=(None, 900, 0), total=None)


def test_a_total_is_shown_only_where_nothing_is_hidden():
    whole = rows([week(9, 20), week(9, 30)])[1]
    parted = rows([week(9, 20), week(9, 3)])[1]

    assert whole.total == 50
    assert parted.total is None


def test_members_have_no_total_since_they_count_in_many_weeks():
    assert rows([week(9), week(9)])[0].total is None


def test_nothing_hidden_can_be_derived_from_what_is_shown():
    """Whatever is hidden could have been another number, with the same page shown."""
    small = range(FLOOR + 1)
    for first, second in itertools.product(small, repeat=2):
        shown = rows([week(9, first), week(9, second)])[1]
        same = {
            (one, other)
            for one, other in itertools.product(small, repeat=2)
            if rows([week(9, one), week(9, other)])[1] == shown
        }
        if shown.cells[0] is None:
            assert {one for one, _other in same} == set(range(1, FLOOR))
        if shown.cells[1] is None:
            assert {other for _one, other in same} == set(range(1, FLOOR))


def test_no_weeks_are_no_rows_but_members():
    assert rows([]) == (Row(cells=(), total=None),)


def test_what_nobody_is_known_to_have_done_is_hidden():
    assert rows([week(0, 900), week(0, 0)])[1].cells == (None, 0)
