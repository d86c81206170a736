"""Which role groups add up to, and what becomes of the one that a member has."""

import pytest

from workspaces.groups import rules
from workspaces.roles.matrix import Role


def test_every_role_has_its_strength() -> None:
    assert set(rules.STRENGTH) == {role.value for role in Role}


@pytest.mark.parametrize(
    ("roles", "may_own", "expected"),
    [
        ([], False, ""),
        (["member"], False, "member"),
        (["member", "admin"], False, "admin"),
        (["analytics_viewer", "compliance_officer"], False, "compliance_officer"),
        (["owner", "member"], False, "member"),
        (["owner"], False, ""),
        (["owner", "admin"], True, "owner"),
    ],
)
def test_the_strongest_counts(roles: list[str], may_own: bool, expected: str) -> None:
    assert rules.strongest(roles, may_own=may_own) == expected


@pytest.mark.parametrize(
    ("current", "given", "wanted", "expected"),
    [
        ("member", "", "", "member"),
        ("member", "", "admin", "admin"),
        ("admin", "admin", "", "member"),
        ("admin", "admin", "analytics_viewer", "analytics_viewer"),
        ("compliance_officer", "", "", "compliance_officer"),
        ("compliance_officer", "admin", "", "compliance_officer"),
        ("owner", "", "admin", "owner"),
        ("owner", "", "", "owner"),
        ("owner", "owner", "", "member"),
        ("owner", "owner", "admin", "admin"),
    ],
)
def test_what_becomes_of_a_role(
    current: str, given: str, wanted: str, expected: str
) -> None:
    assert rules.next_role(current=current, given=given, wanted=wanted) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("Admins", "ADMINS"), ("Cafe\u0301", "CAFÉ"), ("Å", "A\u030a")],
)
def test_two_spellings_are_one_name(one: str, other: str) -> None:
    assert rules.fold(one) == rules.fold(other)
