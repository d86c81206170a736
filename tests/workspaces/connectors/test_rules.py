"""What the settings of a connector come to, in tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from workspaces.connectors import rules
from workspaces.connectors.catalogue import ENTRIES
from workspaces.connectors.controls import Access, ActionControl, Ask, NewActions
from workspaces.connectors.rules import ActionSettings, Why

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def custom(new: str = "disable") -> ActionSettings:
    return ActionSettings(
        control="custom",
        chosen=frozenset({"files.read"}),
        known=frozenset({"files.read", "files.delete"}),
        new_actions=new,
    )


@pytest.mark.parametrize(
    ("settings", "name", "access", "allowed", "why"),
    [
        (ActionSettings(control="all"), "x", "write", True, Why.ALL),
        (ActionSettings(control="read_only"), "x", "read", True, Why.READS),
        (ActionSettings(control="read_only"), "x", "write", False, Why.CHANGES),
        (custom(), "files.read", "read", True, Why.CHOSEN),
        (custom("enable"), "files.delete", "write", False, Why.NOT_CHOSEN),
        (custom("enable"), "new", "write", True, Why.NEW_ENABLED),
        (custom("read_only"), "new", "read", True, Why.NEW_ENABLED),
        (custom("read_only"), "new", "write", False, Why.NEW_DISABLED),
        (custom(), "new", "read", False, Why.NEW_DISABLED),
    ],
)
def test_an_action_is_decided_by_the_narrowest_setting(
    settings: ActionSettings, name: str, access: str, allowed: bool, why: Why
) -> None:
    assert rules.action_allowed(settings, name=name, access=access) == (allowed, why)


@pytest.mark.parametrize(
    ("level", "read", "write", "important"),
    [
        ("always", True, True, True),
        ("changes", False, True, True),
        ("important", False, False, True),
        ("never", False, False, False),
    ],
)
def test_a_member_is_asked_as_often_as_the_level_says(
    level: str, read: bool, write: bool, important: bool
) -> None:
    asked = [
        rules.must_ask(level, access=access, is_important=is_important)
        for access, is_important in [
            ("read", False),
            ("write", False),
            ("write", True),
        ]
    ]

    assert asked == [read, write, important]


@pytest.mark.parametrize(
    ("restricted", "roles", "groups", "own_roles", "own_groups", "expected"),
    [
        (False, [], [], [], [], True),
        (True, [], [], [1], [2], False),  # all that it was for was deleted
        (True, [1], [], [1], [], True),
        (True, [1], [], [2], [1], False),  # a role's number is no group's
        (True, [], [2], [], [2, 3], True),
    ],
)
def test_a_restriction_is_for_its_roles_and_groups(
    restricted: bool,
    roles: list[int],
    groups: list[int],
    own_roles: list[int],
    own_groups: list[int],
    expected: bool,
) -> None:
    assert expected is rules.is_for(
        is_restricted=restricted,
        role_ids=roles,
        group_ids=groups,
        own_roles=own_roles,
        own_groups=own_groups,
    )


def test_no_right_to_change_is_asked_for_where_nothing_may_be_changed() -> None:
    read, write = ("openid", "read"), ("read", "write")

    both = rules.scopes_for(read=read, write=write, may_write=True)
    less = rules.scopes_for(read=read, write=write, may_write=False)

    assert both == ("openid", "read", "write")
    assert less == ("openid", "read")


@pytest.mark.parametrize(
    ("settings", "actions", "expected"),
    [
        (ActionSettings(control="all"), [("a", "read")], False),
        (ActionSettings(control="all"), [("a", "write")], True),
        (ActionSettings(control="all"), [], True),
        (ActionSettings(control="read_only"), [], False),
        (custom("read_only"), [], False),
        (custom(), [("files.read", "write")], True),
    ],
)
def test_changing_is_possible_where_an_action_that_changes_is(
    settings: ActionSettings, actions: list[tuple[str, str]], expected: bool
) -> None:
    assert rules.may_change(settings, actions=actions) is expected


def test_a_domain_is_compared_whole() -> None:
    allowed = {"halden.example", "xn--mnchen-3ya.example"}

    assert rules.domain_allowed("halden.example", allowed=allowed)
    assert rules.domain_allowed("anything.example", allowed=())
    assert not rules.domain_allowed("evil-halden.example", allowed=allowed)
    assert not rules.domain_allowed("mail.halden.example", allowed=allowed)
    assert not rules.domain_allowed("", allowed=allowed)


def test_a_token_is_refreshed_a_minute_ahead() -> None:
    assert rules.is_fresh(expires_at=None, at=NOW)
    assert rules.is_fresh(expires_at=NOW + timedelta(seconds=61), at=NOW)
    assert not rules.is_fresh(expires_at=NOW + timedelta(seconds=60), at=NOW)


def test_a_review_is_overdue_on_the_day_after() -> None:
    today = date(2026, 3, 2)

    assert not rules.is_overdue(review_on=None, today=today)
    assert not rules.is_overdue(review_on=today, today=today)
    assert rules.is_overdue(review_on=date(2026, 3, 1), today=today)


def test_waits_double_up_to_six_hours_and_end() -> None:
    waits = [rules.wait_after(tries) for tries in range(1, rules.MOST_TRIES + 1)]

    assert waits[:3] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert waits[-2] == timedelta(hours=6)
    assert waits[-1] is None


@pytest.mark.parametrize(
    ("url", "allow_http", "expected"),
    [
        ("https://app.example/authorize", False, True),
        ("http://127.0.0.1:9/authorize", True, True),
        ("http://127.0.0.1:9/authorize", False, False),
        ("https://user@app.example/", False, False),
        ("https://app.example/#x", False, False),
        ("javascript:alert(1)", True, False),
        ("https://app.example:x/", False, False),
        ("https://app.example/ü", False, False),
        ("", True, False),
    ],
)
def test_an_endpoint_is_an_address_of_the_web(
    url: str, allow_http: bool, expected: bool
) -> None:
    assert rules.is_address(url, allow_http=allow_http) is expected


def test_words_of_rules_and_of_settings_are_the_same() -> None:
    assert {one.value for one in Access} == {rules.READ, rules.WRITE}
    assert {one.value for one in ActionControl} == {"all", "read_only", "custom"}
    assert {one.value for one in NewActions} == {"enable", "read_only", "disable"}
    assert {one.value for one in Ask} == {"always", "changes", "important", "never"}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda one: one.slug)
def test_the_catalogue_is_whole(entry: object) -> None:
    found = ENTRIES[entry.slug]  # type: ignore[attr-defined]
    places = found.endpoints

    for url in (places.authorize, places.token, places.revoke, places.account):
        assert not url or rules.is_address(url.format(client_id="x"), allow_http=False)
    assert bool(places.revoke) == (found.revocation != "none")
    assert bool(places.account) == (found.account != "none")
    names = [one.name for one in found.actions]
    assert len(names) == len(set(names))
    assert {one.access for one in found.actions} == {Access.READ, Access.WRITE}
