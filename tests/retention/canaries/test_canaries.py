"""A canary lives a day, goes with the next sweep, and is met by no person."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.log import sequencer
from kit import blobs, vault
from retention.canaries import rules, services
from retention.canaries.models import Canary
from retention.deletions import objects
from retention.deletions import selectors as deletions
from retention.incidents import selectors as incidents
from retention.schedules.rules import STANDARD, Cadence, Schedule
from retention.sweeps import services as sweeps
from retention.sweeps.models import SweepCount
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from tests.retention.policies.conftest import protect

A_DAY_LATER = NOON + timedelta(days=1, hours=1)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"


def planted(stage: Stage) -> list[Canary]:
    with stage.scope():
        return list(Canary.objects.order_by("id"))


def lasting(stage: Stage) -> set[str]:
    with stage.scope():
        return {one.kind for one in incidents.lasting()}


def sweep_by_schedule(at: Any) -> None:
    for run in sweeps.open_due_runs(at=at):
        for _round in range(5):
            sweeps.work(run_id=run, budget_seconds=5, now=lambda: at)
            sequencer.run(at=at)


def test_each_workspace_gets_one_with_a_key_and_a_blob(stage: Stage) -> None:
    stranger = staged(cast.elsewhere())

    assert services.plant(at=NOON) == 2
    assert services.plant(at=NOON) == 0

    for one in (stage, stranger):
        (canary,) = planted(one)
        assert vault.read_keys([canary.key_id])
        assert blobs.store().exists(canary.blob_id)


def test_it_falls_due_after_a_day_and_goes_with_the_scheduled_sweep(
    stage: Stage, entries
) -> None:
    services.plant(at=NOON)
    (canary,) = planted(stage)

    sweep_by_schedule(NOON + timedelta(hours=23))
    assert planted(stage)
    sweep_by_schedule(A_DAY_LATER)

    assert planted(stage) == []
    assert vault.read_keys([canary.key_id]) == {}
    assert not blobs.store().exists(canary.blob_id)
    (leaf,) = entries(stage, "retention.canary.purged")
    assert leaf["target_id"] == str(canary.public_id)
    with stage.scope():
        assert SweepCount.objects.get(kind="canaries").purged_n == 1


def test_after_its_purge_the_next_one_is_planted(stage: Stage) -> None:
    services.plant(at=NOON)
    (first,) = planted(stage)
    sweep_by_schedule(A_DAY_LATER)

    services.plant(at=A_DAY_LATER)

    (second,) = planted(stage)
    assert second.public_id != first.public_id


def test_one_that_no_sweep_took_is_an_incident_until_one_does(stage: Stage) -> None:
    services.plant(at=NOON)
    late = A_DAY_LATER + timedelta(hours=3)

    services.report_overdue(at=A_DAY_LATER)
    assert lasting(stage) == set()
    services.report_overdue(at=late)
    assert lasting(stage) == {"canary"}

    sweep_by_schedule(late)
    services.report_overdue(at=late)
    assert lasting(stage) == set()


def test_a_daily_schedule_has_until_its_next_sweep() -> None:
    daily = Schedule(cadence=Cadence.DAILY, daily_at=time(2))
    due_at = NOON

    assert rules.gone_by(due_at=due_at, schedule=STANDARD) == NOON + timedelta(hours=3)
    assert rules.gone_by(due_at=due_at, schedule=daily) == NOON + timedelta(hours=16)


def test_no_list_and_no_count_of_people_holds_it(stage: Stage, clock) -> None:
    services.plant(at=NOON - timedelta(days=2))

    with stage.scope():
        due = deletions.due(workspace=stage.workspace, at=NOON)
        waiting = objects.waiting(workspace=stage.workspace, at=NOON)
    assert due.conversations == 0
    assert all(kind.name != "canaries" for kind in waiting)
    pages = {
        "/me/deleted/": stage.member,
        "/w/halden-engineering/deletions/": stage.owner,
        "/w/halden-engineering/conversations/": stage.owner,
    }
    for url, person in pages.items():
        assert "canar" not in person.client().get(url).content.decode().lower()


def test_sweeps_of_canaries_alone_are_no_measure_of_the_usual(stage: Stage) -> None:
    protect(stage, breaker_minimum=2, breaker_percent=100)
    stage.set_policy(90)
    for day in range(3):
        services.plant(at=NOON + timedelta(days=2 * day))
        sweep_by_schedule(A_DAY_LATER + timedelta(days=2 * day))
    for _one in range(8):
        stage.conversation(age=200)

    sweep_by_schedule(NOON + timedelta(days=8))

    assert stage.stored() == set()


def test_nobody_deletes_or_restores_it(stage: Stage) -> None:
    services.plant(at=NOON)
    (canary,) = planted(stage)

    answer = stage.member.client().post(
        f"/me/stored/canaries/{canary.public_id}/restore/"
    )

    assert answer.status_code == 404
    assert planted(stage) == [canary]


def test_a_workspace_of_any_plan_has_one(transactional_db: None) -> None:
    for number, plan in enumerate(("team", "edu", "api")):
        owner = f"owner{number}@halden.example"
        where = cast.workspace(
            cast.organization(f"halden-{plan}", owner=owner),
            slug=f"halden-{plan}-one",
            plan=plan,
        )
        one = staged(where)
        services.plant(at=NOON)

        sweep_by_schedule(A_DAY_LATER)

        assert planted(one) == []
