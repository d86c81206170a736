"""Releases and changes of policy race a running sweep; the log explains the outcome.

Whoever decides takes the lock that a batch shuts out, before any write: so each purge
stands in the log under the decision that was the last one before it.
"""

import itertools
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.refusals import Refused
from retention.eligibility import scopes
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.sweeps.models import Sweep
from retention.sweeps.services import planning
from tests.cast import NOON, OPERATOR
from tests.retention.conftest import Stage
from tests.retention.sweeps.story import (
    Story,
    assert_explained,
    everything,
    sweep_beside,
)
from workspaces.content.models import Conversation

pytestmark = pytest.mark.slow


def stored(stage: Stage) -> int:
    with stage.scope():
        return Conversation.objects.count()


def again(stage: Stage, sweep: Sweep) -> Sweep:
    with stage.scope():
        return Sweep.objects.get(pk=sweep.pk)


def once_below(stage: Stage, n: int, act: Callable[[], Any], done: list[int]) -> Any:
    """Acts once, as soon as fewer than n are stored; tells how many were then."""

    def other() -> None:
        if not done and stored(stage) < n:
            act()
            done.append(stored(stage))

    return other


def hold_on(stage: Stage, *rows: int) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="race",
        conversation_ids=list(rows),
        at=NOON - timedelta(days=1),
    )


def release(stage: Stage, hold: Hold) -> None:
    holds.release(
        actor=OPERATOR,
        workspace=stage.workspace,
        hold=hold,
        reason="settled",
        override=True,
        at=NOON - timedelta(seconds=1),
    )


def _held_in_groups(
    stage: Stage, size: int
) -> tuple[dict[UUID, set[UUID]], list[Hold]]:
    """What each hold names, by its id, and the holds."""
    known = everything(stage)
    rows = sorted((pk, public_id) for public_id, (pk, _owner) in known.items())
    covered: dict[UUID, set[UUID]] = {}
    placed: list[Hold] = []
    for start in range(0, len(rows), size):
        group = rows[start : start + size]
        hold = hold_on(stage, *(pk for pk, _public_id in group))
        placed.append(hold)
        covered[hold.public_id] = {public_id for _pk, public_id in group}
    return covered, placed


def test_nothing_goes_before_its_hold_was_released(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Released without a grace while batches run: gone only behind the release."""
    settings.CUSTOS_RELEASE_GRACE_DAYS = 0
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    released: set[UUID] = set()
    stage.bulk(80, age=100)
    covered, placed = _held_in_groups(stage, 4)
    rest = iter(random.sample(placed, len(placed) // 2))
    # These are free from the first batch on; releases meet their batches.
    stage.bulk(200, age=100)
    known = set(everything(stage))

    def let_go() -> None:
        if (hold := next(rest, None)) is None:
            time.sleep(0.01)
        else:
            release(stage, hold)
            released.add(hold.public_id)

    sweep_beside(stage, stage.open_sweep(), let_go)
    for hold in rest:
        release(stage, hold)
        released.add(hold.public_id)
    stage.sweep()

    assert_explained(stage, {}, known)
    story, still = Story(stage), stage.stored()
    purged = story.purged()
    for held, targets in covered.items():
        if held not in released:
            assert targets <= still
            continue
        (let,) = story.at("retention.hold.released", held)
        assert all(purged.get(one, let + 1) > let for one in targets)
        assert targets.isdisjoint(still)


def test_a_release_with_a_grace_frees_nothing_for_the_run_beside_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    stage.bulk(60, age=100)
    _covered, placed = _held_in_groups(stage, 4)
    held = stage.stored()
    stage.bulk(200, age=100)
    rest = iter(placed)

    def let_go() -> None:
        if (hold := next(rest, None)) is None:
            time.sleep(0.01)
        else:
            release(stage, hold)

    sweep_beside(stage, stage.open_sweep(), let_go)

    assert next(rest, None) is None, "all were released while it ran"
    assert stage.stored() == held


def test_a_shorter_policy_set_while_sweeping_purges_nothing_that_was_not_planned(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "WINDOW", 5)
    stage.set_policy(90)
    stage.bulk(80, age=60)
    young = set(everything(stage))
    stage.bulk(120, age=100)
    sweep = stage.open_sweep()
    shortened: list[int] = []
    shorten = once_below(
        stage,
        180,
        lambda: stage.set_policy(30, at=NOON - timedelta(seconds=1)),
        shortened,
    )

    sweep_beside(stage, sweep, shorten)

    sweep = again(stage, sweep)
    assert shortened
    assert stage.stored() == young
    assert (sweep.planned_n, sweep.purged_n) == (120, 120)
    assert stage.sweep().purged_n == 80, "the next plan has them"


def test_a_longer_policy_for_one_member_saves_what_is_theirs_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "WINDOW", 5)
    stage.set_policy(90)
    for _turn in range(25):  # in turns, so that each window has some of both
        stage.bulk(4, age=100)
        stage.bulk(4, age=100, owner=stage.other)
    sweep = stage.open_sweep()
    at_that_time: list[int] = []
    mine = scopes.member(stage.member.membership.pk)
    lengthen = once_below(
        stage,
        180,
        lambda: stage.set_policy(365, scope=mine, at=NOON - timedelta(seconds=1)),
        at_that_time,
    )

    sweep_beside(stage, sweep, lengthen)

    assert at_that_time
    with stage.scope():
        left = set(Conversation.objects.values_list("owner_id", flat=True))
        kept = Conversation.objects.count()
    assert left == {stage.member.membership.pk}
    sweep = again(stage, sweep)
    assert sweep.purged_n + sweep.skipped_n == 200
    assert kept == sweep.skipped_n


def test_each_batch_obeys_the_policy_that_was_set_last(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long and short in turns beside the batches: nothing goes under the long one."""
    monkeypatch.setattr(planning, "WINDOW", 3)
    stage.set_policy(90)
    seconds = itertools.count(1)
    start = NOON - timedelta(hours=2)
    set_to: dict[UUID, int] = {}

    def turn() -> None:
        for days in (365, 90):
            at = start + timedelta(seconds=next(seconds))
            try:
                set_to[stage.set_policy(days, at=at).public_id] = days
            except Refused:
                return

    stage.bulk(100, age=100)
    known = set(everything(stage))
    sweep_beside(stage, stage.open_sweep(), turn)

    assert_explained(stage, {}, known)
    assert len(set_to) > 2
    days = 90
    for action, target in Story(stage).events:
        if action == "retention.policy.set":
            days = set_to.get(target, 90)
        elif action == "retention.conversation.purged":
            assert days == 90, "purged under a policy that keeps it"
