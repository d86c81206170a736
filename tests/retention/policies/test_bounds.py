"""Floor and ceiling: who may set them, what they bound, when they take force."""

from datetime import timedelta

import pytest

from kit.permissions import PermissionDenied
from retention.policies import bounds
from retention.policies.bounds import (
    BoundsAreImpossible,
    BoundsSayItAlready,
    NoBoundsHere,
)
from retention.policies.models import PolicyBounds
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, days_ago, staged


def bound(person: Person, floor=None, ceiling=None, **more) -> PolicyBounds:
    more.setdefault("at", days_ago(100))
    return bounds.set_bounds(
        actor=person.actor,
        workspace=person.workspace,
        floor_days=floor,
        ceiling_days=ceiling,
        **more,
    )


def test_a_ceiling_lets_go_what_no_policy_would_and_a_floor_keeps(
    stage: Stage, entries
):
    kept = [stage.conversation(age=age) for age in (20, 40)]
    stage.conversation(age=130)
    stage.set_policy(30, undo=7)
    bound(stage.owner, 60, 90)

    sweep = stage.sweep()

    assert sweep.purged_n == 1
    assert stage.stored() == {row.public_id for row in kept}
    (leaf,) = entries(stage, "retention.policy-bounds.set")
    assert set(leaf["commit"]) >= {"change.floor_days", "change.ceiling_days"}


def test_a_ceiling_holds_where_nothing_was_set(stage: Stage):
    stage.conversation(age=130)
    bound(stage.owner, ceiling=90)

    assert stage.sweep().purged_n == 1


def test_bounds_that_let_go_earlier_wait_for_the_grace_period(transactional_db: None):
    stage = staged(cast.workspace(), grace_hours=24)
    first = bound(stage.owner, 30, None, at=NOON)
    lower = bound(stage.owner, 10, None, at=NOON + timedelta(hours=1))

    assert first.in_force_at == NOON
    assert lower.in_force_at == NOON + timedelta(hours=25)
    assert (first.version, lower.version) == (1, 2)


@pytest.mark.parametrize(("floor", "ceiling"), [(0, None), (None, 3651), (20, 10)])
def test_impossible_bounds_are_refused(stage: Stage, floor, ceiling):
    with pytest.raises(BoundsAreImpossible):
        bound(stage.owner, floor, ceiling)


def test_the_same_again_is_refused(stage: Stage):
    with pytest.raises(BoundsSayItAlready):
        bound(stage.owner)


def test_members_and_strangers_may_not_and_on_team_nobody_does(stage: Stage):
    stranger = staged(cast.elsewhere())

    with pytest.raises(PermissionDenied):
        bound(stage.member, 30)
    with pytest.raises(PermissionDenied):
        bounds.set_bounds(
            actor=stage.owner.actor,
            workspace=stranger.workspace,
            floor_days=1,
            ceiling_days=None,
            at=NOON,
        )


def test_team_has_neither_floor_nor_ceiling(team: Stage):
    with pytest.raises(NoBoundsHere):
        bound(team.owner, 30)
