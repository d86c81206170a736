"""Holds race sweeps, members and changes of hands; the order of commits explains it."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections, transaction

from audit.log import sequencer
from kit import coverage as widening
from retention.deletions import services as deletions
from retention.holds import locking, selectors, services
from retention.holds.models import Hold
from retention.sweeps import services as sweeps
from retention.sweeps.models import Sweep
from retention.sweeps.services import Outcome, planning
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation


def place(stage: Stage, **names: Any) -> Hold:
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="race",
        at=NOON,
        **names,
    )


def work(sweep: Sweep) -> Outcome:
    return sweeps.work(run_id=sweep.run_id, budget_seconds=30, now=lambda: NOON)


def opened(stage: Stage) -> Sweep:
    return stage.open_sweep()


def planned(stage: Stage) -> Sweep:
    sweep = stage.open_sweep()
    work(sweep)
    return sweep


def sealed(stage: Stage) -> Sweep:
    sweep = planned(stage)
    sequencer.run(at=NOON)
    return sweep


@pytest.mark.parametrize("edge", [opened, planned, sealed])
def test_a_hold_wins_at_every_edge_before_the_batch(
    stage: Stage, edge: Callable[[Stage], Sweep]
) -> None:
    stage.set_policy(90)
    held, free = stage.conversation(age=100), stage.conversation(age=100)

    sweep = edge(stage)
    place(stage, conversation_ids=[held.pk])
    done = stage.finish(sweep)

    assert stage.stored() == {held.public_id}
    assert (done.purged_n, free.public_id in stage.stored()) == (1, False)


def test_after_the_batch_a_hold_is_refused_aloud(stage: Stage) -> None:
    stage.set_policy(90)
    gone = stage.conversation(age=100)
    stage.sweep()

    with stage.scope(), pytest.raises(selectors.PurgedBeforeTheHold):
        selectors.conversations_named(public_ids=[gone.public_id])
    with pytest.raises(services.HoldCoversNothing):
        place(stage, conversation_ids=[gone.pk])


def test_a_hold_waits_for_the_batch_that_runs_and_then_knows_what_it_took(
    stage: Stage,
) -> None:
    """Two connections: the batch has its lock, the hold is placed meanwhile."""
    gone, left = stage.conversation(age=100), stage.conversation(age=100)
    outcome: list[Any] = []

    def hold_both() -> None:
        try:
            outcome.append(place(stage, conversation_ids=[gone.pk, left.pk]))
        except services.HoldCoversLess as refusal:
            outcome.append(refusal)
        finally:
            connections.close_all()

    with transaction.atomic(using="sweeper"):
        locking.before_purging(using="sweeper")
        thread = Thread(target=hold_both)
        thread.start()
        _await_a_waiting_lock()
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(
                "delete from workspaces_conversation where id = %s", [gone.pk]
            )
        assert outcome == []
    thread.join()

    assert isinstance(outcome[0], services.HoldCoversLess)
    assert stage.stored() == {left.public_id}


def test_two_batches_share_the_lock(stage: Stage) -> None:
    done: list[int] = []

    def another() -> None:
        with transaction.atomic(using="sweeper"):
            locking.before_purging(using="sweeper")
            done.append(1)
        connections.close_all()

    with transaction.atomic(using="sweeper"):
        locking.before_purging(using="sweeper")
        thread = Thread(target=another)
        thread.start()
        thread.join(timeout=10)

    assert done == [1]


def test_a_purged_project_takes_no_lock_that_two_batches_cannot_share(
    stage: Stage,
) -> None:
    """Its cascade empties `project_id`, which fires the trigger that keeps holds."""
    project = simple.project(stage)
    row = stage.conversation()
    with stage.scope():
        Conversation.objects.filter(pk=row.pk).update(project=project)

    with transaction.atomic(using="sweeper"), connections["sweeper"].cursor() as cursor:
        cursor.execute("delete from workspaces_project where id = %s", [project.pk])
        cursor.execute(
            "select count(*) from pg_locks l where l.pid = pg_backend_pid()"
            " and l.relation = 'retention_holdscope'::regclass"
            " and l.mode = 'RowExclusiveLock'"
        )
        (locks,) = cursor.fetchone()

    assert locks == 0


@pytest.mark.parametrize("goes", ["in", "out"])
def test_no_conversation_of_a_held_project_goes_while_conversations_move(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, goes: str
) -> None:
    """What was committed as in the project, before or after, is stored in the end."""
    monkeypatch.setattr(planning, "WINDOW", 3)
    stage.set_policy(90)
    stage.bulk(120, age=100)
    project = simple.project(stage)
    place(stage, project_ids=[project.pk])
    with stage.scope():
        known = list(Conversation.objects.order_by("id").values_list("pk", flat=True))
        if goes == "out":
            Conversation.objects.filter(pk__in=known[::2]).update(project=project)
    kept = set(known[::2]) if goes == "out" else set()
    sweep = stage.open_sweep()
    rest = iter(known[::2] if goes == "out" else reversed(known))

    def move() -> None:
        row = next(rest, None)
        if row is None:
            return
        with stage.scope():
            widening.before_widening()
            moved = Conversation.objects.filter(pk=row).update(
                project=None if goes == "out" else project
            )
        if moved:
            kept.add(row)

    _beside(sweep, move)

    with stage.scope():
        assert set(Conversation.objects.values_list("pk", flat=True)) >= kept
        assert kept


def test_a_member_deletes_while_the_hold_is_placed(stage: Stage) -> None:
    """Whoever is first: it is hidden from its member, and its bytes stay."""
    rows = [stage.conversation(age=1) for _row in range(12)]
    failures: list[BaseException] = []

    def delete() -> None:
        try:
            for row in rows:
                deletions.mark_deleted(
                    actor=stage.member.actor,
                    workspace=stage.workspace,
                    conversations=[row],
                    at=NOON,
                )
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    thread = Thread(target=delete)
    thread.start()
    for row in rows:
        place(stage, conversation_ids=[row.pk])
    thread.join()
    stage.sweep(at=NOON + timedelta(days=8))

    assert not failures
    assert stage.stored() == {row.public_id for row in rows}
    with stage.scope():
        assert Conversation.objects.filter(deleted_at=NOON).count() == len(rows)


def test_the_shredder_leaves_the_key_of_what_a_hold_keeps(stage: Stage) -> None:
    """A doom row that should not be there destroys no key that content refers to."""
    held = stage.conversation(age=1)
    place(stage, conversation_ids=[held.pk])
    sweep = stage.sweep()
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(
            "insert into retention_doom (workspace_id, sweep_id, kind, object_id,"
            " content_kind, content_id, doomed_at)"
            " values (%s, %s, 'key', %s, 'conversations', %s, %s)",
            [stage.workspace.id, sweep.pk, held.key_id, held.public_id, NOON],
        )

    assert sweeps.destroy_doomed(at=NOON) == 0


def _beside(sweep: Sweep, other: Callable[[], None]) -> None:
    over = Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while not over.is_set():
                other()
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    try:
        for _round in range(500):
            if work(sweep) is Outcome.CLOSED:
                break
            sequencer.run(at=NOON)
            time.sleep(0.01)
    finally:
        over.set()
        thread.join()
    assert not failures


def _await_a_waiting_lock() -> None:
    for _try in range(600):
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "select count(*) from pg_locks where not granted"
                " and relation = 'retention_holdscope'::regclass"
                " and database = (select oid from pg_database"
                " where datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("the hold did not wait")
