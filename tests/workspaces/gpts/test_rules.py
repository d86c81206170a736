"""Who may do what with a GPT, how far it goes, and what comes down: as tables."""

import pytest

from workspaces.gpts import rules
from workspaces.gpts.levels import LABELS, ORDER, Visibility, lower_of, rank
from workspaces.gpts.rules import Act, Ground, Lowered, Refusal, Rights, Standing

READ = Rights.named("read")
VIEW = Rights.named("view_config")
WRITE = Rights.named("write")
ALL = set(Act)


def standing(**known: object) -> Standing:
    known = {"is_owner": False, "visibility": "invite_only", **known}
    return Standing(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (standing(), set()),
        (standing(is_owner=True), ALL),
        (standing(person=READ), {Act.USE}),
        (standing(person=VIEW), {Act.USE, Act.VIEW_CONFIG}),
        (standing(person=WRITE), {Act.USE, Act.VIEW_CONFIG, Act.EDIT}),
        (standing(groups=(("Design", VIEW),)), {Act.USE, Act.VIEW_CONFIG}),
        (standing(person=READ, groups=(("Design", WRITE),)), ALL - {Act.SHARE}),
        (standing(visibility="workspace_with_link"), {Act.USE}),
        (standing(visibility="workspace"), {Act.USE}),
        (standing(visibility="anyone_with_link"), {Act.USE}),
        (standing(visibility="gpt_store"), {Act.USE}),
        (standing(visibility="workspace", person=WRITE), ALL - {Act.SHARE}),
    ],
)
def test_what_a_member_may_adds_up_over_the_grounds(
    who: Standing, may: set[Act]
) -> None:
    holds = rules.grounds(who)

    assert {act for act in Act if rules.may(act, holds)} == may


def test_a_right_contains_the_one_before() -> None:
    allowed = [{act for act in Act if r.allows(act)} for r in (READ, VIEW, WRITE)]

    assert allowed[0] < allowed[1] < allowed[2]
    assert [r.name for r in (READ, VIEW, WRITE)] == ["read", "view_config", "write"]


def test_an_owner_is_told_so_first() -> None:
    found = rules.grounds(standing(is_owner=True, visibility="workspace"))

    assert [one.ground for one in found] == [Ground.OWNER, Ground.VISIBILITY]


@pytest.mark.parametrize(
    ("latest", "public", "works_on_it", "served"),
    [(3, None, False, 3), (3, 2, False, 2), (3, 2, True, 3), (3, 3, False, 3)],
)
def test_users_of_a_public_gpt_get_the_reviewed_version(
    latest: int, public: int | None, works_on_it: bool, served: int
) -> None:
    number = rules.served_number(latest=latest, public=public, sees_newest=works_on_it)

    assert number == served


@pytest.mark.parametrize(
    ("wanted", "ceiling", "is_owner", "allows_public", "expected"),
    [
        ("", "invite_only", True, False, Refusal.NOTHING),
        ("", "none", True, False, Refusal.NOT_SHARED),
        ("", "workspace", False, False, Refusal.NOT_OWNER),
        ("everywhere", "workspace", True, True, Refusal.UNKNOWN),
        ("none", "workspace", True, True, Refusal.UNKNOWN),
        ("workspace", "workspace", True, False, Refusal.NOTHING),
        ("workspace", "workspace_with_link", True, False, Refusal.ABOVE_CEILING),
        ("gpt_store", "workspace", True, True, Refusal.ABOVE_CEILING),
        ("gpt_store", "gpt_store", True, False, Refusal.PUBLIC_OFF),
        ("gpt_store", "anyone_with_link", True, True, Refusal.ABOVE_CEILING),
        ("anyone_with_link", "gpt_store", True, True, Refusal.NOTHING),
    ],
)
def test_what_stands_in_the_way_of_sharing(
    wanted: str,
    ceiling: str,
    is_owner: bool,
    allows_public: bool,
    expected: Refusal,
) -> None:
    found = rules.share_refusal(
        wanted=wanted, ceiling=ceiling, is_owner=is_owner, allows_public=allows_public
    )

    assert found is expected


@pytest.mark.parametrize("wanted", list(Visibility))
def test_only_the_public_needs_a_review(wanted: Visibility) -> None:
    is_public = wanted in {"anyone_with_link", "gpt_store"}

    assert rules.needs_review(wanted) is is_public


@pytest.mark.parametrize("feature", ORDER)
@pytest.mark.parametrize("allows_public", [True, False])
def test_without_the_switch_nobody_reaches_the_public(
    feature: str, allows_public: bool
) -> None:
    found = rules.ceiling_of(feature=feature, allows_public=allows_public)

    assert rank(found) <= rank(feature)
    assert allows_public or rank(found) <= rank("workspace")


@pytest.mark.parametrize(
    ("visibility", "recipients", "ceiling", "expected"),
    [
        ("invite_only", 0, "none", None),
        ("invite_only", 2, "none", ("invite_only", True)),
        ("workspace", 0, "none", ("invite_only", False)),
        ("gpt_store", 3, "none", ("invite_only", True)),
        ("invite_only", 2, "invite_only", None),
        ("workspace", 2, "invite_only", ("invite_only", False)),
        ("workspace", 0, "workspace", None),
        ("gpt_store", 0, "workspace", ("workspace", False)),
        ("gpt_store", 0, "anyone_with_link", ("anyone_with_link", False)),
    ],
)
def test_what_stands_above_a_ceiling_comes_down_to_it(
    visibility: str, recipients: int, ceiling: str, expected: tuple[str, bool] | None
) -> None:
    found = rules.lowered(visibility=visibility, recipients=recipients, ceiling=ceiling)

    wanted = expected and Lowered(visibility=expected[0], loses_recipients=expected[1])
    assert found == wanted


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("recipients", [0, 1])
@pytest.mark.parametrize("ceiling", ORDER)
def test_what_came_down_stands_above_nothing(
    visibility: str, recipients: int, ceiling: str
) -> None:
    found = rules.lowered(visibility=visibility, recipients=recipients, ceiling=ceiling)

    if found is not None:
        left = 0 if found.loses_recipients else recipients
        again = rules.lowered(
            visibility=found.visibility, recipients=left, ceiling=ceiling
        )
        assert again is None


@pytest.mark.parametrize(
    ("allowed", "is_approved", "expected"),
    [
        ("none", True, False),
        ("none", False, False),
        ("approved", True, True),
        ("approved", False, False),
        ("all", False, True),
    ],
)
def test_gpts_from_outside(allowed: str, is_approved: bool, expected: bool) -> None:
    found = rules.may_use_third_party(allowed=allowed, is_approved=is_approved)

    assert found is expected


@pytest.mark.parametrize("part", ["requester_id", "owner_id", "author_id"])
def test_nobody_reviews_what_they_have_a_part_in(part: str) -> None:
    others = {"requester_id": 2, "owner_id": 3, "author_id": 4}

    assert rules.may_review(reviewer_id=1, **others)
    assert not rules.may_review(reviewer_id=1, **{**others, part: 1})


def test_a_rejected_version_is_not_asked_for_again() -> None:
    assert rules.may_ask_again([])
    assert rules.may_ask_again(["sent_back", "withdrawn"])
    assert not rules.may_ask_again(["sent_back", "rejected"])


def test_levels_are_in_their_order_and_have_labels() -> None:
    assert [rank(one) for one in ORDER] == list(range(6))
    assert set(LABELS) == set(ORDER)
    assert lower_of("workspace", "invite_only") == "invite_only"
