"""Holds, policies and members race a sweep; whoever committed first is obeyed."""

import random
import time
from threading import Event, Thread

import pytest
from django.db import connections

from audit.log import sequencer
from kit.actor import Actor
from kit.refusals import Refused
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.sweeps import services
from retention.sweeps.models import Sweep
from retention.sweeps.services import Outcome, planning
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from workspaces.content.models import Conversation


def sweep_beside(stage: Stage, sweep: Sweep, *others) -> None:
    """Sweeps in this thread while the others run until the end."""
    over = Event()
    failures: list[BaseException] = []

    def run(other) -> None:
        try:
            while not over.is_set():
                other()
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[other]) for other in others]
    for thread in threads:
        thread.start()
    try:
        for _round in range(500):
            outcome = services.work(
                run_id=sweep.run_id, budget_seconds=30, now=lambda: NOON
            )
            if outcome is Outcome.CLOSED:
                break
            sequencer.run(at=NOON)
            time.sleep(0.01)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures


@pytest.mark.parametrize(
    ("sweeps", "fewest"), [(1, 20), pytest.param(12, 1000, marks=pytest.mark.slow)]
)
def test_no_conversation_goes_after_its_hold_was_placed(
    stage: Stage, monkeypatch, sweeps, fewest
):
    """Each hold is one interleaving with a batch at any of its points."""
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    placed: list[int] = []
    refused: list[int] = []
    officer = stage.officer.actor

    def place() -> None:
        with stage.scope():
            known = list(Conversation.objects.values_list("pk", flat=True)[:4000])
        row = random.choice(known) if known else 0
        try:
            holds.place(
                actor=officer,
                workspace=stage.workspace,
                matter="race",
                conversation_ids=[row],
                at=NOON,
            )
            placed.append(row)
        except holds.HoldCoversNothing:
            refused.append(row)

    for _sweep in range(sweeps):
        stage.bulk(600, age=100)
        sweep_beside(stage, stage.open_sweep(), place, place)

    with stage.scope():
        stored = set(Conversation.objects.values_list("pk", flat=True))
    assert len(placed) >= fewest
    assert set(placed) <= stored


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
