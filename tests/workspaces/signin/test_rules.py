"""Pure decisions of sign-in."""

from datetime import timedelta

import pytest

from tests.cast import NOON
from workspaces.signin import rules
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
