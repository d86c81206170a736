"""What stops one organization's deleting stops nobody else's.

A run covers the workspaces of many organizations. One whose log is refused a signature,
or over which a step fails, waits alone; the others are swept as ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connections

from audit.log import checkpoints, note, sequencer
from audit.log.selectors import Log, log_of
from kit import clock, scoping
from retention.receipts import documents
from retention.receipts import selectors as receipts
from retention.sweeps import services, tasks
from retention.sweeps.models import Sweep, SweepState
from retention.sweeps.services import closing, planning
from tests import cast
from tests.audit.conftest import publish_anything
from tests.cast import NOON
from tests.retention.conftest import Stage, staged

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def neighbor(stage: Stage) -> Stage:
    other = cast.organization(
        "brightwater", name="Brightwater", owner="jun.takahashi@brightwater.example"
    )
    return staged(cast.workspace(other, slug="brightwater-lab", name="Lab"))


class Harmed(Exception):
    """What a stage meets in one workspace."""


def log(stage: Stage) -> Log:
    organization = stage.workspace.organization
    with scoping.organization(organization_id=organization.id):
        return log_of(organization_id=organization.id)


def refuse_to_sign(stage: Stage) -> str:
    """What a restored backup leaves: a published head beyond the database's."""
    theirs = log(stage)
    kept = checkpoints.published(theirs.uuid)
    assert kept is not None
    head = note.Checkpoint(origin=theirs.origin, size=9_000, root=b"\x01" * 32)
    publish_anything(theirs.uuid, note.signed(head, key=sequencer._key()))
    return kept


def drive(*, minutes: int = 3) -> None:
    """The ticks of some minutes; a run whose work fails is tried at the next one."""
    for minute in range(minutes):
        at = NOON + timedelta(minutes=minute)
        services.open_due_runs(at=at)
        for _round in range(10):
            for run in services.unfinished_runs():
                with suppress(Harmed, DatabaseError):
                    work(run.id, at=at)
            sequencer.run(at=at)


def work(run: int, *, at: datetime) -> None:
    services.work(run_id=run, budget_seconds=30, now=lambda: at)


def sweep_of(stage: Stage) -> Sweep:
    with stage.scope():
        return Sweep.objects.get()


def test_a_log_that_is_not_signed_keeps_no_other_sweep_waiting(
    stage: Stage, neighbor: Stage
) -> None:
    for one in (stage, neighbor):
        one.set_policy(90)
        one.conversation(age=100)
    sequencer.run(at=NOON)
    kept = refuse_to_sign(stage)

    drive()

    assert neighbor.stored() == set()
    assert sweep_of(neighbor).state == SweepState.CLOSED
    assert len(stage.stored()) == 1, "nothing goes before its plan is signed"
    assert sweep_of(stage).state == SweepState.PLANNED

    publish_anything(log(stage).uuid, kept)
    drive()

    assert stage.stored() == set()
    assert sweep_of(stage).state == SweepState.CLOSED


def test_plans_wait_a_minute_for_each_other(stage: Stage, neighbor: Stage) -> None:
    for one in (stage, neighbor):
        one.set_policy(90)
        one.conversation(age=100)
    sequencer.run(at=NOON)
    refuse_to_sign(stage)

    drive(minutes=1)

    assert sweep_of(neighbor).state == SweepState.PLANNED
    assert sweep_of(neighbor).run_id == sweep_of(stage).run_id


@contextmanager
def nothing_of(stage: Stage, module: ModuleType, name: str) -> Iterator[None]:
    """While it lasts, a step of the engine fails for the sweep of one workspace."""
    real = getattr(module, name)

    def harmed(sweep: Any, *rest: Any, **named: Any) -> Any:
        if sweep.workspace_id == stage.workspace.id:
            raise Harmed
        return real(sweep, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, harmed)
        yield


@contextmanager
def no_delete_of(stage: Stage) -> Iterator[None]:
    """While it lasts, the database refuses to delete a row of one workspace."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "create function harm() returns trigger language plpgsql as"
            " $$ begin raise exception 'harmed'; end $$"
        )
        cursor.execute(
            "create trigger harm before delete on workspaces_conversation for each row"
            f" when (old.workspace_id = {stage.workspace.id}) execute function harm()"
        )
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("drop function harm() cascade")


HARMS = {
    "planning": lambda stage: nothing_of(stage, planning, "_record"),
    "purging": no_delete_of,
    "closing": lambda stage: nothing_of(stage, closing, "_document"),
}


@pytest.mark.parametrize("during", HARMS)
@pytest.mark.parametrize("first", [True, False], ids=["the first", "the last"])
def test_what_fails_for_one_workspace_stops_no_other(
    stage: Stage, neighbor: Stage, during: str, first: bool
) -> None:
    """And goes on by itself, to its receipt, once nothing fails any more."""
    for one in (stage, neighbor):
        one.set_policy(90)
        one.conversation(age=100)
    ill, well = (stage, neighbor) if first else (neighbor, stage)

    with HARMS[during](ill):
        drive()

        assert well.stored() == set()
        assert sweep_of(well).state == SweepState.CLOSED
        assert sweep_of(ill).state != SweepState.CLOSED
        assert ill.stored() == set() or during != "closing"
    drive()

    assert ill.stored() == set()
    for one in (ill, well):
        done = sweep_of(one)
        assert (done.state, done.purged_n) == (SweepState.CLOSED, 1)
        with one.scope():
            receipt = receipts.receipt_of(sweep_id=done.pk)
        assert receipt is not None
        file = receipts.signed(receipt).file
        assert documents.verified(file, vkey=receipt.verifier_key)
    assert services.unfinished_runs() == []


def test_a_database_that_is_gone_for_a_moment_parts_nothing(
    stage: Stage, neighbor: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (stage, neighbor):
        one.set_policy(90)
        one.conversation(age=100)

    def gone(*_given: Any, **_named: Any) -> None:
        raise OperationalError

    (run,) = services.open_due_runs(at=NOON)
    monkeypatch.setattr(planning, "_record", gone)
    with pytest.raises(OperationalError):
        work(run, at=NOON)

    assert sweep_of(stage).run_id == sweep_of(neighbor).run_id == run


def test_a_tick_goes_on_where_one_of_its_steps_fails(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring", lambda *, run_id, **_named: rung.append(run_id))

    def fails(**_named: Any) -> int:
        raise Harmed

    for step in ("fail_abandoned_imports", "doom_orphans", "destroy_doomed"):
        monkeypatch.setattr(services, step, fails)
    with clock.fixed_at(NOON):
        tasks.work_due()

    assert rung == [sweep_of(stage).run_id]
