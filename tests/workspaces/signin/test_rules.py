"""Pure decisions of sign-in."""

from datetime import timedelta

import pytest

from tests.cast import NOON
from workspaces.signin import differences, rules
from workspaces.signin.identities import uid_of
from workspaces.signin.reasons import EXPLANATIONS, Reason
from workspaces.signin.views.landing import safe_path

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ends_at", "seconds"),
    [
        (None, 3600),
        (NOON + HOUR / 2, 1800),
        (NOON + 9 * HOUR, 3600),
        (NOON - HOUR, 1),
    ],
)
def test_a_session_ends_at_the_earlier_of_two_ends(
    ends_at: object, seconds: int
) -> None:
    assert rules.session_seconds(own_max=HOUR, ends_at=ends_at, at=NOON) == seconds


def test_name_ids_are_compared_as_they_are() -> None:
    assert uid_of("Mara") != uid_of("mara")
    assert uid_of("x" * 191) == "x" * 191
    assert uid_of("x" * 192) != uid_of("x" * 193)


@pytest.mark.parametrize(
    "path", ["/me/", "/w/a/?b=c", "/w/a/#d"], ids=["plain", "query", "fragment"]
)
def test_paths_of_this_site_are_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "me/", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"],
)
def test_other_paths_are_dropped(path: str) -> None:
    assert safe_path(path) == ""


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert str(EXPLANATIONS[reason].sentence).endswith(".")
    assert 400 <= EXPLANATIONS[reason].status < 600


@pytest.mark.parametrize(
    ("days", "attempts", "lapsed"),
    [(0, 0, False), (6, 98, False), (7, 0, True), (1, 99, True)],
)
def test_a_claim_lapses_by_time_or_tries(
    days: int, attempts: int, *, lapsed: bool
) -> None:
    at = NOON + timedelta(days=days)

    assert rules.claim_has_lapsed(claimed_at=NOON, attempts=attempts, at=at) is lapsed


def test_a_digest_is_of_the_values_and_not_of_their_order() -> None:
    one = rules.digest_of({"a": 1, "b": ["x"]})

    assert one == rules.digest_of({"b": ["x"], "a": 1})
    assert one != rules.digest_of({"a": 1, "b": ["y"]})


@pytest.mark.parametrize(
    ("digest", "tested", "hours", "holds"),
    [
        ("d", "d", 23, True),
        ("d", "d", 24, False),
        ("d", "e", 0, False),
        ("", "", 0, False),
    ],
)
def test_a_test_holds_a_day_for_the_same_settings(
    digest: str, tested: str, hours: int, *, holds: bool
) -> None:
    at = NOON + hours * HOUR

    found = rules.test_holds(digest=digest, tested_digest=tested, tested_at=NOON, at=at)

    assert found is holds


@pytest.mark.parametrize(
    ("known", "listed", "vouched"),
    [
        ([], ["new"], True),
        (["old"], ["old", "new"], True),
        (["old"], ["new"], False),
        (["old"], [], False),
    ],
)
def test_a_known_certificate_vouches_for_a_new_one(
    known: list[str], listed: list[str], *, vouched: bool
) -> None:
    assert rules.vouched_for(known=known, listed=listed) is vouched


@pytest.mark.parametrize(
    ("days", "warned", "due"),
    [
        (61, None, None),
        (60, None, 60),
        (59, 60, None),
        (6, 60, 7),
        (1, 7, 1),
        (-5, 1, None),
        (-5, None, 1),
    ],
)
def test_a_warning_is_due_once_per_threshold(
    days: int, warned: int | None, due: int | None
) -> None:
    not_after = NOON + timedelta(days=days)

    assert rules.warning_due(not_after=not_after, warned_days=warned, at=NOON) == due


@pytest.mark.parametrize(
    ("roles", "may", "found"),
    [
        ([], False, None),
        (["member", "admin"], False, "admin"),
        (["owner"], False, None),
        (["owner", "member"], True, "owner"),
    ],
)
def test_the_strongest_role_counts(
    roles: list[str], *, may: bool, found: str | None
) -> None:
    assert rules.strongest(roles, may_grant_owner=may) == found


@pytest.mark.parametrize(
    ("received", "differs", "words"),
    [
        ("https://a.example/m", "", "slash missing"),
        ("https://a.example/m//", "/", "one slash too many"),
        ("http://a.example/m/", "", "http in place of https"),
        ("HTTPS://a.example/m/", "HTTPS", "capital letters differ"),
        ("https://b.example/m/", "b", ""),
        ("", "", "nothing was sent"),
    ],
)
def test_a_difference_is_shown_to_the_character(
    received: str, differs: str, words: str
) -> None:
    expected, other = differences.between("https://a.example/m/", received)

    assert (other.differs, other.words) == (differs, words)
    assert other.head + other.differs + other.tail == received
    assert expected.head + expected.differs + expected.tail == "https://a.example/m/"
