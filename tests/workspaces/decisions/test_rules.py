"""What an evaluation of a batch takes from its top, and where a batch ends."""

import pytest

from workspaces.decisions import rules

ALL = "execute_all"


@pytest.mark.parametrize(
    ("one", "defaults", "expected"),
    [
        ({}, {"subject": 1, "action": 2}, {"subject": 1, "action": 2}),
        ({"subject": 3}, {"subject": 1}, {"subject": 3}),
        (
            {"resource": {"id": "x"}},
            {"resource": {"type": "y"}},
            {"resource": {"id": "x"}},
        ),
        ({"subject": None}, {"subject": 1}, {"subject": 1}),
        ({"more": 1}, {"evaluations": [1]}, {}),
    ],
)
def test_what_is_left_out_comes_whole_from_the_top(
    one: dict[str, object], defaults: dict[str, object], expected: dict[str, object]
) -> None:
    assert rules.completed(one, defaults=defaults) == expected


@pytest.mark.parametrize(
    ("semantic", "decisions", "given"),
    [
        (ALL, [True, False, True], 3),
        (ALL, [], 0),
        (rules.DENY_ON_FIRST_DENY, [True, False, True], 2),
        (rules.DENY_ON_FIRST_DENY, [True, True], 2),
        (rules.DENY_ON_FIRST_DENY, [False, True], 1),
        (rules.PERMIT_ON_FIRST_PERMIT, [False, True, False], 2),
        (rules.PERMIT_ON_FIRST_PERMIT, [True, False], 1),
        (rules.PERMIT_ON_FIRST_PERMIT, [False, False], 2),
    ],
)
def test_a_batch_ends_where_its_semantic_says(
    semantic: str, decisions: list[bool], given: int
) -> None:
    assert rules.answered(decisions, semantic=semantic) == given
