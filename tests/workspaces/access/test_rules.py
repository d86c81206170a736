"""Roles add up, more never becomes less, and the explanation is the answer."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.access import features, rules
from workspaces.access.features import ALL, Feature, Kind, Value, kind_of, levels_of
from workspaces.access.rules import Barrier, Held, covers, evaluate, join
from workspaces.access.verdicts import Where
from workspaces.tenancy.plans import Plan
from workspaces.tenancy.seats import SeatType

F = Feature
MODELS = ("gpt-5", "gpt-5-mini", "o4", ALL)


def values_of(feature: Feature) -> st.SearchStrategy[Value]:
    if kind_of(feature) is Kind.SET:
        return st.frozensets(st.sampled_from(MODELS)).map(
            lambda names: join(feature, [names])
        )
    return st.sampled_from(levels_of(feature))


@st.composite
def questions(draw: st.DrawFn, *, least: int = 0) -> tuple[Feature, Value, list[Held]]:
    """A feature, what the workspace gives of it, and the roles of a member."""
    feature = draw(st.sampled_from(list(Feature)))
    values = values_of(feature)
    said = draw(st.lists(st.none() | values, min_size=least, max_size=5))
    roles = [role(number, value) for number, value in enumerate(said)]
    return feature, draw(values), roles


def role(number: int, value: Value | None) -> Held:
    return Held(id=UUID(int=number), name=f"Role {number}", is_direct=True, value=value)


def is_more(feature: Feature, more: Value, less: Value) -> bool:
    return join(feature, [more, less]) == more


@given(questions(least=2), st.data())
def test_roles_add_up(
    question: tuple[Feature, Value, list[Held]], data: st.DataObject
) -> None:
    feature, baseline, roles = question
    cut = data.draw(st.integers(1, len(roles) - 1))
    parts = (roles[:cut], roles[cut:])

    together = evaluate(feature, baseline=baseline, roles=roles).value

    apart = [evaluate(feature, baseline=baseline, roles=part).value for part in parts]
    assert together == join(feature, apart)


@given(questions(least=1), st.data())
def test_one_role_more_takes_nothing_from_who_has_one(
    question: tuple[Feature, Value, list[Held]], data: st.DataObject
) -> None:
    feature, baseline, roles = question
    added = role(99, data.draw(st.none() | values_of(feature)))

    before = evaluate(feature, baseline=baseline, roles=roles).value
    after = evaluate(feature, baseline=baseline, roles=[*roles, added]).value

    assert is_more(feature, after, before)


@given(questions(), st.data())
def test_a_raised_value_takes_nothing_from_anybody(
    question: tuple[Feature, Value, list[Held]], data: st.DataObject
) -> None:
    feature, baseline, roles = question
    raise_by = values_of(feature)
    higher = join(feature, [baseline, data.draw(raise_by)])
    raised = [
        one
        if one.value is None
        else role(number, join(feature, [one.value, data.draw(raise_by)]))
        for number, one in enumerate(roles)
    ]

    before = evaluate(feature, baseline=baseline, roles=roles).value
    after = evaluate(feature, baseline=higher, roles=raised).value

    assert is_more(feature, after, before)


@given(questions())
def test_the_order_of_roles_does_not_matter(
    question: tuple[Feature, Value, list[Held]],
) -> None:
    feature, baseline, roles = question

    one = evaluate(feature, baseline=baseline, roles=roles).value
    other = evaluate(feature, baseline=baseline, roles=roles[::-1]).value

    assert one == other


@given(questions(), st.booleans(), st.booleans())
def test_the_explanation_is_the_answer(
    question: tuple[Feature, Value, list[Held]], is_active: bool, has_seat: bool
) -> None:
    """What the deciding sources said, joined, is the value; a barrier speaks alone."""
    feature, baseline, roles = question
    barriers = [
        Barrier(where=Where.STATUS, said="status", closes=not is_active),
        Barrier(where=Where.SEAT, said="seat", closes=not has_seat),
    ]

    outcome = evaluate(feature, baseline=baseline, roles=roles, barriers=barriers)

    deciding = [one for one in outcome.trail if one.decided]
    assert deciding
    if not (is_active and has_seat):
        first = Where.SEAT if is_active else Where.STATUS
        assert [one.where for one in deciding] == [first]
        assert outcome.value == features.nothing_of(feature)
    else:
        said = [baseline if one.said is None else one.said for one in deciding]
        assert join(feature, said) == outcome.value


@given(questions())
def test_everything_that_was_asked_is_in_the_trail(
    question: tuple[Feature, Value, list[Held]],
) -> None:
    feature, baseline, roles = question

    trail = evaluate(feature, baseline=baseline, roles=roles).trail

    asked = [one.id for one in trail if one.where is Where.ROLE]
    assert asked == [one.id for one in roles]
    assert [one.said for one in trail if one.where is Where.BASELINE] == [baseline]


@pytest.mark.parametrize(
    ("baseline", "said", "expected"),
    [
        ("on", [], "on"),
        ("off", [], "off"),
        ("on", ["off"], "off"),
        ("on", ["off", "off"], "off"),
        ("on", ["off", None], "on"),
        ("off", ["off", None], "off"),
        ("off", ["off", "on"], "on"),
        ("off", [None], "off"),
    ],
)
def test_a_switch_is_on_where_any_role_leaves_it_on(
    baseline: str, said: list[str | None], expected: str
) -> None:
    roles = [role(number, value) for number, value in enumerate(said)]

    outcome = evaluate(F.MEMORY_USE, baseline=baseline, roles=roles)

    assert outcome.value == expected


def test_a_level_is_the_highest_and_a_set_is_all_together() -> None:
    levels = [role(0, "invite_only"), role(1, "workspace")]
    names = [role(0, frozenset({"o4"})), role(1, frozenset({"gpt-5"}))]

    share = evaluate(F.GPTS_SHARE, baseline="gpt_store", roles=levels)
    models = evaluate(F.MODELS, baseline=frozenset({ALL}), roles=names)

    assert share.value == "workspace"
    assert models.value == frozenset({"o4", "gpt-5"})


@pytest.mark.parametrize(
    ("feature", "value", "wanted", "expected"),
    [
        (F.MEMORY_USE, "on", "", True),
        (F.MEMORY_USE, "on", "on", True),
        (F.MEMORY_USE, "off", "", False),
        (F.GPTS_SHARE, "workspace", "", True),
        (F.GPTS_SHARE, "workspace", "workspace", True),
        (F.GPTS_SHARE, "workspace", "invite_only", True),
        (F.GPTS_SHARE, "workspace", "anyone_with_link", False),
        (F.GPTS_SHARE, "none", "", False),
        (F.GPTS_SHARE, "none", "none", True),
        (F.MODELS, frozenset({"o4"}), "o4", True),
        (F.MODELS, frozenset({"o4"}), "gpt-5", False),
        (F.MODELS, frozenset({ALL}), "gpt-5", True),
        (F.MODELS, frozenset(), "", False),
    ],
)
def test_what_is_wanted_is_covered(
    feature: Feature, value: Value, wanted: str, expected: bool
) -> None:
    assert covers(feature, value, wanted) is expected


@pytest.mark.parametrize("plan", Plan)
@pytest.mark.parametrize("feature", Feature)
def test_every_feature_begins_with_a_value_of_its_own(
    feature: Feature, plan: Plan
) -> None:
    value = features.default_of(feature, plan=plan)

    assert rules.join(feature, [value]) == value


def test_every_feature_has_its_words_and_its_place() -> None:
    placed = [one for _label, some in features.GROUPS for one in some]

    assert sorted(placed) == sorted(Feature)
    assert set(features.LABELS) == set(Feature)
    words = {word for one in Feature for word in levels_of(one)}
    assert words <= set(features.WORDS)


def test_a_seat_for_code_has_code_and_models_alone() -> None:
    assert features.with_seat(SeatType.CODE) == {F.CODE_EXECUTION, F.MODELS}
    assert features.with_seat(SeatType.CHAT) == set(Feature)


def test_the_api_platform_has_no_gpts_and_no_connectors() -> None:
    there = features.on_plan(Plan.API)

    assert not any(one.startswith(("gpts.", "connectors.")) for one in there)
