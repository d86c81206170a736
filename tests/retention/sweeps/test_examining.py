"""Whatever stands still beyond its limit is found, as is a sweep that did nothing."""

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connections, transaction

from audit.log import sequencer
from kit import scoping
from kit.actor import Actor
from retention.closing import services as closings
from retention.erasure import services as erasures
from retention.erasure.models import Erasure
from retention.incidents import selectors as incidents
from retention.management import diagnosis
from retention.policies.drafts import services as drafts
from retention.policies.drafts.services import Values
from retention.policies.listing import services as listing
from retention.sweeps import services
from retention.sweeps.limbo import STATES
from retention.sweeps.models import Sweep, SweepRun
from retention.sweeps.services import vacuuming
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from workspaces.content.models import Conversation, Import
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.tenancy.models import Workspace


def lasting(stage: Stage) -> set[str]:
    with stage.scope():
        return {one.subject for one in incidents.lasting()}


def leave_import(stage: Stage, state: str) -> None:
    with stage.scope():
        left = Import.objects.create(
            workspace_id=stage.workspace.id,
            source="jsonl",
            state=state,
            started_at=days_ago(3),
            heartbeat_at=days_ago(300),
            ended_at=days_ago(2) if state == "failed" else None,
        )
    if state == "failed":
        stage.conversation(age=3, staged_by_id=left.pk)


def leave_sweep(stage: Stage, state: str, **columns) -> None:
    """A worker was killed here, and nobody went on."""
    sweep = stage.open_sweep(at=days_ago(5))
    of_run = {"opened": "open", "planned": "planned", "purging": "purging"}
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_sweeprun set state = %s, lease_until = now()"
            " where id = %s",
            [of_run.get(state, "destroying"), sweep.run_id],
        )
        names = ", ".join(f"{name} = %s" for name in ("state", *columns))
        cursor.execute(
            f"update retention_sweep set {names} where id = %s",
            [state, *columns.values(), sweep.pk],
        )


def leave_run_without_worker(stage: Stage) -> None:
    leave_sweep(stage, "purging", sealed_at=days_ago(0.1))
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_sweeprun set lease_until = now() - interval '1 hour'"
        )


def leave_orphan(stage: Stage) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into retention_doom (workspace_id, kind, object_id, doomed_at)"
            " values (%s, 'blob', %s, %s)",
            [stage.workspace.id, uuid4(), days_ago(1)],
        )


def leave_job(stage: Stage, **columns) -> None:
    job = jobs.enqueue(
        actor=stage.owner.actor,
        kind="count",
        title="Count",
        organization=stage.workspace.organization,
        workspace=stage.workspace,
        at=days_ago(1),
    )
    with stage.scope():
        Job.objects.filter(pk=job.pk).update(**columns)


def leave_closing(stage: Stage) -> None:
    closings.request(
        actor=Actor.system("tests"),
        workspace=stage.workspace,
        reason="The team has moved",
        at=days_ago(15),
    )


def leave_erasure(stage: Stage, state: str) -> None:
    erasures.request_own(
        actor=stage.member.actor, workspace=stage.workspace, at=days_ago(1)
    )
    with stage.scope():
        Erasure.objects.update(state=state)


def leave_draft(stage: Stage) -> None:
    """A draft that was to take force a day ago."""
    with scoping.organization(organization_id=stage.workspace.organization.id):
        Workspace.objects.filter(pk=stage.workspace.id).update(policy_grace_hours=24)
    drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=45, undo_days=0),
        at=days_ago(2),
    )


def leave_unwritten_list(stage: Stage) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "MOST_AT_ONCE", -1)
        leave_draft(stage)


def leave_unsettled_list(stage: Stage) -> None:
    leave_draft(stage)
    leave_sweep(stage, "destroying", planned_at=days_ago(0.5), purged_at=days_ago(0.4))


LEFT = {
    "erasure that nobody goes on with": lambda stage: leave_erasure(stage, "hiding"),
    "draft past the day of its force": leave_draft,
    "purge list that nobody wrote": leave_unwritten_list,
    "purge list that nobody settled": leave_unsettled_list,
    "import without a heartbeat": lambda stage: leave_import(stage, "staging"),
    "rows of a failed import": lambda stage: leave_import(stage, "failed"),
    "sweep without a worker": leave_run_without_worker,
    "sweep without a plan": lambda stage: leave_sweep(stage, "opened"),
    "plan without a signature": lambda stage: leave_sweep(
        stage, "planned", planned_at=days_ago(1)
    ),
    "purge without an end": lambda stage: leave_sweep(
        stage, "purging", sealed_at=days_ago(4)
    ),
    "keys or files not destroyed": lambda stage: leave_sweep(
        stage, "destroying", purged_at=days_ago(1)
    ),
    "orphans not destroyed": leave_orphan,
    "sweep without a receipt": lambda stage: leave_sweep(
        stage, "destroying", purged_at=days_ago(1), destroyed_at=days_ago(0.9)
    ),
    "closing that nobody goes on with": leave_closing,
    "job or export that nobody began": leave_job,
    "job or export whose worker is gone": lambda stage: leave_job(
        stage, state="running", leased_until=days_ago(400), started_at=days_ago(1)
    ),
}


def test_every_state_of_the_table_has_its_test() -> None:
    assert set(LEFT) == {state.name for state in STATES}
    assert all(state.repaired_by for state in STATES)


@pytest.mark.parametrize("state", LEFT)
def test_what_stands_beyond_its_limit_is_an_incident_and_a_finding(
    stage: Stage, state: str
) -> None:
    LEFT[state](stage)

    services.examine(at=NOON)

    assert state in lasting(stage)
    finding = diagnosis.PROBES["stuck work"](NOON)
    assert finding.level is diagnosis.Level.BAD
    assert state in finding.sentence


@pytest.mark.parametrize("state", ["purging", "held"])
def test_an_erasure_that_nobody_looks_at_any_more_is_found_in_any_state(
    stage: Stage, state: str
) -> None:
    leave_erasure(stage, state)

    services.examine(at=NOON)

    assert lasting(stage) == {"erasure that nobody goes on with"}


def test_erasures_drafts_and_lists_that_go_on_are_no_incident(stage: Stage) -> None:
    stage.conversation(age=50)
    leave_erasure(stage, "hiding")
    leave_draft(stage)
    erasures.work_due(at=NOON)
    drafts.force_due(at=NOON)
    ended = ("planned_at", "purged_at", "examined_at", "destroyed_at")
    leave_sweep(stage, "destroying", **dict.fromkeys(ended, NOON))

    services.examine(at=NOON + timedelta(minutes=10))

    assert lasting(stage) == set()


def test_what_is_at_work_is_no_incident(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    leave = timedelta(minutes=5)

    services.examine(at=NOON + leave)

    assert lasting(stage) == set()
    assert diagnosis.PROBES["stuck work"](NOON).level is diagnosis.Level.OK


def test_the_incident_is_over_when_the_work_goes_on(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    sweep = stage.open_sweep(at=NOON)
    later = NOON + timedelta(hours=1)
    services.examine(at=later)
    assert lasting(stage) == {"sweep without a worker", "sweep without a plan"}

    stage.finish(sweep, at=later)
    services.examine(at=later)

    assert lasting(stage) == set()


def test_a_sweep_that_purges_nothing_of_what_is_due_is_an_incident(
    stage: Stage, entries
) -> None:
    stage.set_policy(90)
    kept = stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)  # nothing is sealed while the lock below is kept

    with stage.scope(), transaction.atomic():
        # Somebody keeps the row locked through all tries.
        Conversation.objects.select_for_update().get(pk=kept.pk)
        run = Thread(target=_finish, args=[stage, sweep])
        run.start()
        run.join()
    services.examine(at=NOON)

    assert lasting(stage) == {"all"}
    assert len(entries(stage, "retention.incident.opened")) == 1

    stage.sweep(at=NOON + timedelta(hours=1))
    services.examine(at=NOON + timedelta(hours=1))
    assert lasting(stage) == set()
    assert len(entries(stage, "retention.incident.resolved")) == 1


def test_a_sweep_that_found_nothing_due_is_none(stage: Stage) -> None:
    stage.set_policy(90)
    stage.sweep()

    services.examine(at=NOON)

    assert lasting(stage) == set()
    with stage.scope():
        assert Sweep.objects.get().examined_at == NOON


def test_a_large_run_is_followed_by_a_vacuum_that_is_noted(
    stage: Stage, monkeypatch
) -> None:
    monkeypatch.setattr(vacuuming, "ROWS", 30)
    stage.set_policy(90)
    stage.bulk(20, age=100)
    sweep = stage.sweep()

    done = services.vacuum_after_large_runs(at=NOON)
    again = services.vacuum_after_large_runs(at=NOON)

    run = SweepRun.objects.get(pk=sweep.run_id)
    assert (done, again) == (1, 0)
    assert run.vacuumed_at == NOON
    assert "tables in" in run.vacuum_note
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select vacuum_count from pg_stat_user_tables"
            " where relname = 'workspaces_message'"
        )
        assert cursor.fetchone() == (1,)


def test_a_vacuum_that_is_not_possible_is_noted_and_harms_nothing(
    stage: Stage, monkeypatch
) -> None:
    monkeypatch.setattr(vacuuming, "ROWS", 30)
    monkeypatch.setattr(vacuuming, "_OWNER", "default")
    stage.set_policy(90)
    stage.bulk(20, age=100)
    sweep = stage.sweep()
    monkeypatch.setattr(vacuuming, "_VACUUM", "vacuum (skip_locked, bogus) {}")

    services.vacuum_after_large_runs(at=NOON)

    note = SweepRun.objects.get(pk=sweep.run_id).vacuum_note
    assert note.startswith("not possible")


def test_a_small_run_is_followed_by_none(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    stage.sweep()

    assert services.vacuum_after_large_runs(at=NOON) == 0


def _finish(stage: Stage, sweep: Sweep) -> None:
    try:
        stage.finish(sweep)
    finally:
        connections.close_all()
