"""Beat's minute tick: opens what is due, once, and resumes what is open."""

from datetime import timedelta

import pytest
from django.db import connections

from audit.log import sequencer
from retention.holds import services as holds
from retention.sweeps import batches, selectors, services, tasks
from retention.sweeps.models import Sweep, SweepRun, Trigger
from retention.sweeps.selectors import Stage as SweepStage
from retention.sweeps.services import opening
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged


def test_one_run_sweeps_every_workspace_with_something_due(stage: Stage):
    stranger = staged(cast.elsewhere())
    quiet = staged(cast.workspace(stage.workspace.organization, slug="halden-quiet"))
    for one in (stage, stranger):
        one.set_policy(90)
        one.conversation(age=100)
    quiet.conversation(age=100)

    (run,) = services.open_due_runs(at=NOON)
    for _round in range(5):
        services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
        sequencer.run(at=NOON)

    assert stage.stored() == stranger.stored() == set()
    assert len(quiet.stored()) == 1
    for one, sweeps in ((stage, 1), (stranger, 1), (quiet, 0)):
        with one.scope():
            assert Sweep.objects.filter(trigger=Trigger.SCHEDULE).count() == sweeps
    assert SweepRun.objects.get().state == "closed"


def test_nothing_due_opens_nothing(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=10)

    assert services.open_due_runs(at=NOON) == []
    assert not SweepRun.objects.exists()


def test_a_workspace_rests_for_an_hour_unless_its_policy_changes(stage: Stage):
    stage.set_policy(90)
    stage.sweep()
    stage.conversation(age=100)
    soon = NOON + timedelta(minutes=5)

    assert services.open_due_runs(at=soon) == []
    assert services.open_due_runs(at=NOON + timedelta(minutes=61))


def test_a_policy_in_force_ends_the_rest(stage: Stage):
    stage.set_policy(365)
    stage.sweep()
    stage.conversation(age=100)
    soon = NOON + timedelta(minutes=5)

    stage.set_policy(90, at=soon)

    assert services.open_due_runs(at=soon)


def test_two_ticks_open_one_run(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=100)

    assert services.open_due_runs(at=NOON)
    assert services.open_due_runs(at=NOON) == []


def test_a_request_that_the_scheduler_outruns_is_refused_by_name(
    stage: Stage, monkeypatch
):
    stage.set_policy(90)
    stage.conversation(age=100)
    demand = opening.authority.demand

    def demand_while_beat_ticks(*given, **named) -> None:
        demand(*given, **named)
        monkeypatch.setattr(opening, "PURGED", ("opened", "closed", "stopped"))
        services.open_due_runs(at=NOON)

    monkeypatch.setattr(opening.authority, "demand", demand_while_beat_ticks)

    with pytest.raises(services.SweepIsRunning):
        stage.open_sweep()
    assert SweepRun.objects.count() == 1


def test_what_stays_held_is_counted_once_a_day(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=100)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )
    for hours in (2, 1, 0):
        stage.conversation(stage.other, age=100)
        stage.sweep(at=NOON - timedelta(hours=hours))

    with stage.scope():
        today = batches.by_day(days=2, at=NOON)[-1]

    assert (today.purged, today.held) == (3, 1)


def test_the_tick_rings_for_every_open_run(stage: Stage, clock, monkeypatch):
    stage.set_policy(90)
    stage.conversation(age=100)
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring", lambda *, run_id, lane: rung.append(run_id))

    tasks.work_due()
    tasks.work_due()

    (run,) = SweepRun.objects.values_list("pk", flat=True)
    assert rung == [run, run]


def test_a_run_that_waits_rings_again_and_a_closed_one_does_not(
    stage: Stage, clock, monkeypatch
):
    stage.set_policy(90)
    stage.conversation(age=100)
    sweep = stage.open_sweep()
    rung: list[int] = []
    monkeypatch.setattr(
        tasks, "ring", lambda *, run_id, lane, turns, waits=0: rung.append(waits)
    )

    tasks.work_run(run_id=sweep.run_id)
    assert rung == [1]
    sequencer.run(at=NOON)
    tasks.work_run(run_id=sweep.run_id)
    assert rung == [1]
    assert stage.stored() == set()


def test_progress_tells_five_stages_and_counts(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=100)
    sweep = stage.open_sweep()
    with stage.scope():
        begun = selectors.sweep_progress(sweep=sweep)
    sweep = stage.finish(sweep)
    with stage.scope():
        ended = selectors.sweep_progress(sweep=sweep)

    assert [view.stage for view in begun.stages] == list(SweepStage)
    assert begun.stages[0].is_current
    assert ended.is_finished
    assert all(view.ended_at for view in ended.stages)
    assert (ended.planned, ended.purged, ended.remaining) == (1, 1, 0)
    assert (ended.keys, ended.keys_destroyed) == (1, 1)
    assert (ended.files, ended.files_destroyed) == (1, 1)


def test_a_sweep_of_another_workspace_is_not_found(stage: Stage):
    stranger = staged(cast.elsewhere())
    sweep = stranger.sweep()

    with stage.scope():
        assert not selectors.sweeps().filter(public_id=sweep.public_id).exists()
    with connections["default"].cursor() as cursor:
        cursor.execute("select count(*) from retention_sweep")
        assert cursor.fetchone() == (0,)
