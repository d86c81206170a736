"""A huge workspace keeps nobody waiting, and batches fit the pace of the hour."""

from datetime import time, timedelta

import pytest
from django.db import OperationalError

from audit.log import sequencer
from retention.receipts import documents
from retention.receipts import selectors as receipts
from retention.schedules.models import SweepSchedule
from retention.schedules.rules import Pace
from retention.sweeps import services, tasks
from retention.sweeps.models import Lane, Sweep, SweepRun, SweepSlice, SweepState
from retention.sweeps.services import (
    Outcome,
    lanes,
    leasing,
    pacing,
    planning,
    purging,
)
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago, staged


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LARGE", 20)
    monkeypatch.setattr(planning, "WINDOW", 10)


def neighbor(stage: Stage, slug: str) -> Stage:
    return staged(cast.workspace(stage.workspace.organization, slug=slug))


def drive(*among: Lane) -> None:
    """Gives every run of these lanes short turns until all of them are closed."""
    for _round in range(200):
        runs = [one for one in services.unfinished_runs() if one.lane in among]
        if not runs:
            return
        for run in runs:
            services.work(run_id=run.id, budget_seconds=0.01, now=lambda: NOON)
        sequencer.run(at=NOON)
    raise AssertionError("a run did not close")


def test_a_large_sweep_goes_on_in_a_run_of_its_own(stage: Stage) -> None:
    small = neighbor(stage, "halden-small")
    for one, n in ((stage, 45), (small, 3)):
        one.set_policy(90)
        one.bulk(n, age=100)
    (run,) = services.open_due_runs(at=NOON)

    services.work(run_id=run, budget_seconds=5, now=lambda: NOON)

    with stage.scope():
        large = Sweep.objects.get()
        pieces = SweepSlice.objects.filter(sweep=large)
        assert set(pieces.values_list("run_id", flat=True)) == {large.run_id}
        assert pieces.count() == 5
    with small.scope():
        assert Sweep.objects.get().run_id == run
    found = {one.pk: one.lane for one in SweepRun.objects.all()}
    assert found == {run: Lane.FAST, large.run_id: Lane.SLOW}
    assert {one.lane for one in services.unfinished_runs()} == set(Lane)


def test_both_halves_close_with_receipts_that_name_their_plans(stage: Stage) -> None:
    small = neighbor(stage, "halden-small")
    for one, n in ((stage, 45), (small, 3)):
        one.set_policy(90)
        one.bulk(n, age=100)
    services.open_due_runs(at=NOON)

    drive(*Lane)

    for one, n in ((stage, 45), (small, 3)):
        assert one.stored() == set()
        with one.scope():
            sweep = Sweep.objects.get()
            receipt = receipts.receipt_of(sweep_id=sweep.pk)
        assert sweep.purged_n == n
        assert receipt is not None
        file = receipts.signed(receipt).file
        assert documents.verified(file, vkey=receipt.verifier_key)


def test_a_small_sweep_closes_while_the_large_one_has_windows_left(
    stage: Stage,
) -> None:
    """Nobody has a turn for the slow lane after its first window: it keeps none up."""
    small = neighbor(stage, "halden-small")
    for one, n in ((stage, 45), (small, 3)):
        one.set_policy(90)
        one.bulk(n, age=100)
    (run,) = services.open_due_runs(at=NOON)
    services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    with stage.scope():
        large = Sweep.objects.get().run_id
    lease = leasing.claim(run_id=large, worker="tests")
    assert lease
    assert planning.seal(lease, at=NOON)
    purging.batch(run_id=large, passes=0, now=lambda: NOON)

    drive(Lane.FAST)

    with small.scope():
        done = Sweep.objects.get()
        receipt = receipts.receipt_of(sweep_id=done.pk)
    assert small.stored() == set()
    assert (done.state, done.purged_n) == (SweepState.CLOSED, 3)
    assert receipt is not None
    with stage.scope():
        waiting = Sweep.objects.get()
        pieces = SweepSlice.objects.filter(sweep=waiting, done_at=None)
        assert pieces.count() == 4
    assert waiting.state != SweepState.CLOSED
    assert len(stage.stored()) == 35
    assert [one.id for one in services.unfinished_runs()] == [large]


def test_a_run_of_one_large_sweep_changes_its_lane_only(stage: Stage) -> None:
    stage.set_policy(90)
    stage.bulk(45, age=100)
    sweep = stage.open_sweep()

    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)

    assert services.lane_of(run_id=sweep.run_id) is Lane.SLOW
    assert SweepRun.objects.count() == 1


def test_the_most_overdue_run_comes_first_and_the_unknown_before_it(
    stage: Stage,
) -> None:
    late, later = neighbor(stage, "halden-late"), neighbor(stage, "halden-later")
    opened = {}
    for one, swept_before in ((stage, None), (late, 3), (later, 9)):
        one.set_policy(90)
        if swept_before:
            one.sweep(at=days_ago(swept_before))
        one.conversation(age=100)
    for one in (late, stage, later):
        with one.scope():
            behind = lanes.behind(workspace_ids=[one.workspace.id])
        opened[one.workspace.slug] = behind[one.workspace.id]

    assert opened == {
        "halden-engineering": None,
        "halden-late": days_ago(3),
        "halden-later": days_ago(9),
    }
    for at in (days_ago(3), None, days_ago(9)):
        SweepRun.objects.create(opened_at=NOON, behind_since=at)
    order = [one.id for one in services.unfinished_runs()]
    found = SweepRun.objects.in_bulk(order)
    assert [found[one].behind_since for one in order] == [
        None,
        days_ago(9),
        days_ago(3),
    ]


def test_a_window_is_purged_in_parts_that_fit_and_counted_once(stage: Stage) -> None:
    stage.set_policy(90)
    stage.bulk(10, age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    planned = SweepRun.objects.get()
    left = []
    lease = leasing.claim(run_id=planned.pk, worker="tests")
    assert lease
    assert planning.seal(lease, at=NOON)

    for _part in range(3):
        purging.batch(run_id=planned.pk, passes=0, now=lambda: NOON, most=4)
        left.append(len(stage.stored()))
    done = purging.batch(run_id=planned.pk, passes=0, now=lambda: NOON, most=4)

    assert left == [6, 2, 0]
    assert done is purging.Batch.NONE_LEFT
    with stage.scope():
        piece = SweepSlice.objects.get()
    assert (piece.purged, piece.tried, piece.done_at) == (10, 10, NOON)


def test_what_others_keep_locked_is_tried_in_parts_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.set_policy(90)
    stage.bulk(10, age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    lease = leasing.claim(run_id=sweep.run_id, worker="tests")
    assert lease
    assert planning.seal(lease, at=NOON)
    with monkeypatch.context() as patch:
        patch.setattr(purging, "_purge", _refuse)
        blocked = purging.batch(run_id=sweep.run_id, passes=3, now=lambda: NOON)

    purging.batch(run_id=sweep.run_id, passes=3, now=lambda: NOON, most=4)

    assert blocked is purging.Batch.BLOCKED
    assert len(stage.stored()) == 6


def test_what_is_stopped_at_this_hour_is_not_opened_until_its_window(
    stage: Stage,
) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    _schedule(stage, busy_pace="stopped")  # full pace from 22:00 to 06:00

    assert services.open_due_runs(at=NOON) == []
    assert services.open_due_runs(at=NOON + timedelta(hours=10))


def test_a_run_rests_while_its_hour_stops_it_and_purges_nothing(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    (run,) = services.open_due_runs(at=NOON)
    services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    _schedule(stage, busy_pace="stopped")

    outcome = services.work(run_id=run, budget_seconds=5, now=lambda: NOON)

    assert outcome is Outcome.RESTING
    assert len(stage.stored()) == 1


def test_paced_runs_are_in_the_slow_lane_and_worked_by_one(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    _schedule(stage, busy_pace="paced")

    (run,) = services.open_due_runs(at=NOON)

    assert services.lane_of(run_id=run) is Lane.SLOW
    assert pacing.pace_of(run_id=run, at=NOON) is Pace.PACED
    services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
    assert stage.stored() == set()


def test_who_is_a_week_behind_waits_for_no_window(stage: Stage) -> None:
    stage.set_policy(90)
    stage.sweep(at=days_ago(8))
    stage.conversation(age=100)
    _schedule(stage, busy_pace="stopped")

    (run,) = services.open_due_runs(at=NOON)

    assert pacing.pace_of(run_id=run, at=NOON) is Pace.FULL


def test_a_sweep_that_a_person_started_does_not_wait(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    _schedule(stage, busy_pace="stopped")

    stage.sweep()

    assert stage.stored() == set()


def test_a_chain_of_rings_ends_with_its_minute(monkeypatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring", lambda **named: rung.append(named["turns"]))
    monkeypatch.setattr(services, "lane_of", lambda **_named: Lane.SLOW)
    monkeypatch.setattr(services, "work", lambda **_named: Outcome.MORE)

    tasks.work_run(run_id=1, turns=0)
    tasks.work_run(run_id=1, turns=10)
    tasks.work_run(run_id=1, turns=11)

    assert rung == [1, 11]


def _refuse(*_given: object, **_named: object) -> None:
    raise OperationalError("lock timeout")


def _schedule(stage: Stage, **columns: str) -> None:
    with stage.scope():
        SweepSchedule.objects.create(
            workspace_id=stage.workspace.id,
            cadence="hourly",
            window_begins=time(22),
            window_ends=time(6),
            zone="UTC",
            set_by="tests",
            set_at=days_ago(30),
            **columns,
        )
