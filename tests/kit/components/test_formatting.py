"""Times, durations, numbers and sizes read as the design asks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kit import formatting
from kit.templatetags import custos

AT = datetime(2026, 11, 25, 2, 0, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)


def test_absolute_time_names_day_and_zone() -> None:
    assert formatting.absolute(AT) == "Wed 25 Nov 2026, 02:00 UTC"
    assert formatting.absolute(AT, seconds=True) == "Wed 25 Nov 2026, 02:00:07 UTC"
    assert formatting.absolute(AT, year=False) == "Wed 25 Nov, 02:00 UTC"
    assert formatting.day(AT) == "25 Nov 2026"


def test_absolute_time_is_shown_in_utc_wherever_it_came_from() -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))

    assert formatting.absolute(tokyo) == "Wed 25 Nov 2026, 02:00 UTC"


def test_time_tags_carry_the_time_for_machines() -> None:
    assert custos.absolute_time(AT) == (
        '<time datetime="2026-11-25T02:00:07Z">Wed 25 Nov 2026, 02:00 UTC</time>'
    )
    assert ">in 16 h 46 min</time>" in custos.relative_time(AT, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (9, "in 9 s"),
        (-12, "12 s ago"),
        (-87, "1 min 27 s ago"),
        (-400, "6 min ago"),
        (60_360, "in 16 h 46 min"),
        (-187_200, "2 d 4 h ago"),
        (7 * 86_400, "in 7 d"),
        (18 * 86_400 + 3, "in 18 days"),
        (-1_500 * 86_400, "1,500 days ago"),
    ],
)
def test_relative_time_says_how_far(seconds: int, words: str) -> None:
    at = NOW + timedelta(seconds=seconds)

    assert formatting.relative(at, now=NOW) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(milliseconds=200), "0.2 s"),
        (timedelta(seconds=4.3), "4.3 s"),
        (timedelta(seconds=59.99), "59.9 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=151), "2 min 31 s"),
        (timedelta(hours=1, seconds=5), "1 h"),
        (timedelta(days=7, hours=22, minutes=59), "7 d 22 h"),
    ],
)
def test_duration_has_at_most_two_units(length: timedelta, words: str) -> None:
    assert formatting.duration(length) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (41_600_000_000, "41.6 GB"),
        (10**18, "1.0 EB"),
    ],
)
def test_size_has_one_decimal(count: int, words: str) -> None:
    assert formatting.size(count) == words


def test_numbers_are_grouped_and_differences_signed() -> None:
    assert formatting.grouped(20_511) == "20,511"
    assert formatting.signed(6_017) == "+6,017"
    assert formatting.signed(-120) == "\N{MINUS SIGN}120"
    assert formatting.signed(0) == "0"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mara Lindqvist", "ML"),
        ("Ana María de la Cruz", "AC"),
        ("tomasz.wrona@halden.example", "TW"),
        ("Sweeper", "S"),
        ("e-discovery", "ED"),
        ("  ", "?"),
    ],
)
def test_initials_take_first_and_last_word(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters
