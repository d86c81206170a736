"""Holds, policies and members race a sweep; whoever committed first is obeyed."""

import random
from uuid import UUID

import pytest

from kit.actor import Actor
from kit.refusals import Refused
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.sweeps.models import Sweep
from retention.sweeps.services import planning
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.story import Story, assert_explained, sweep_beside
from workspaces.content.models import Conversation


@pytest.mark.parametrize(
    ("sweeps", "fewest"), [(1, 20), pytest.param(12, 2000, marks=pytest.mark.slow)]
)
def test_no_conversation_goes_after_its_hold_was_placed(
    stage: Stage, monkeypatch, sweeps, fewest
):
    """Each hold is one interleaving with a batch at any of its points."""
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    covered: dict[UUID, set[UUID]] = {}
    refused: set[UUID] = set()
    known: set[UUID] = set()
    officer = stage.officer.actor

    def place() -> None:
        with stage.scope():
            rows = list(Conversation.objects.values_list("pk", "public_id")[:4000])
        if not rows:
            return
        pk, public_id = random.choice(rows)
        try:
            hold = holds.place(
                actor=officer,
                workspace=stage.workspace,
                matter="race",
                conversation_ids=[pk],
                at=NOON,
            )
            covered[hold.public_id] = {public_id}
        except holds.HoldCoversNothing:
            refused.add(public_id)

    for _sweep in range(sweeps):
        stage.bulk(600, age=100)
        known |= stage.stored()
        sweep_beside(stage, stage.open_sweep(), place, place)

    assert len(covered) >= fewest
    assert_explained(stage, covered, known)
    assert refused <= set(Story(stage).purged()), "nothing refuses but a purge"


def test_a_member_hold_waits_for_one_batch_at_most_and_then_keeps_the_rest(
    stage: Stage, monkeypatch
):
    monkeypatch.setattr(planning, "WINDOW", 5)
    stage.set_policy(90)
    stage.bulk(500, age=100)
    sweep = stage.open_sweep()
    left: list[int] = []

    def hold_when_half_is_gone() -> None:
        with stage.scope():
            n = Conversation.objects.count()
        if left or n > 400:
            return
        holds.place(
            actor=Actor.operator(),
            workspace=stage.workspace,
            matter="race",
            membership_ids=[stage.member.membership.pk],
            at=NOON,
        )
        with stage.scope():
            left.append(Conversation.objects.count())

    sweep_beside(stage, sweep, hold_when_half_is_gone)

    with stage.scope():
        sweep = Sweep.objects.get(pk=sweep.pk)
        stored = Conversation.objects.count()
    assert left, "the hold was placed while the sweep ran"
    assert stored == left[0] == sweep.held_n
    assert sweep.purged_n + sweep.held_n == 500


def test_a_longer_policy_set_while_sweeping_saves_the_rest(stage: Stage, monkeypatch):
    monkeypatch.setattr(planning, "WINDOW", 5)
    stage.set_policy(90)
    stage.bulk(500, age=100)
    sweep = stage.open_sweep()
    left: list[int] = []

    def lengthen() -> None:
        with stage.scope():
            n = Conversation.objects.count()
        if not left and n <= 400:
            stage.set_policy(365, at=NOON)
            with stage.scope():
                left.append(Conversation.objects.count())

    sweep_beside(stage, sweep, lengthen)

    with stage.scope():
        sweep = Sweep.objects.get(pk=sweep.pk)
        assert left
        assert Conversation.objects.count() == left[0] == sweep.skipped_n


def test_a_restored_conversation_is_never_purged(stage: Stage, monkeypatch):
    """Undo ends at noon; restores are made a moment before, sweeps at noon."""
    monkeypatch.setattr(planning, "WINDOW", 3)
    for _row in range(60):
        stage.conversation(age=30, deleted_at=days_ago(7), deleted_by="owner")
    sweep = stage.open_sweep()
    restored: list[int] = []
    member = stage.member.actor

    def restore() -> None:
        with stage.scope():
            row = Conversation.objects.filter(deleted_at__isnull=False).first()
        if row is None:
            return
        try:
            deletions.restore(
                actor=member,
                workspace=stage.workspace,
                conversation=row,
                at=days_ago(0.001),
            )
            restored.append(row.pk)
        except Refused:
            pass

    sweep_beside(stage, sweep, restore)

    with stage.scope():
        stored = set(Conversation.objects.values_list("pk", flat=True))
    assert set(restored) == stored
