"""The circuit breaker: what stops a sweep, who hears of it, who lets it go on."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from kit import clock
from kit.permissions import PermissionDenied
from retention.policies.drafts import services as drafts
from retention.policies.drafts.services import Values
from retention.sweeps import services as sweeps
from retention.sweeps.breaker import selectors, services
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.breaker.rules import Cause, Limits, Load, cause_to_stop
from retention.sweeps.breaker.services import NumbersHaveChanged, StopIsOver
from retention.sweeps.models import Sweep, SweepState
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from tests.retention.policies.conftest import protect
from workspaces.notices.models import Notice

HOUR = timedelta(hours=1)
LIMITS = Limits(factor=5, minimum=100, percent=50)


@pytest.mark.parametrize(
    ("planned", "announced", "recent", "stored", "cause"),
    [
        (100, 0, [1, 1, 1], 100, None),  # small ones never stop
        (101, 0, [1, 1, 1], 10_000, Cause.MULTIPLE),
        (500, 0, [100, 100, 100], 10_000, None),  # five times the usual is not more
        (501, 0, [100, 100, 100], 10_000, Cause.MULTIPLE),
        (501, 401, [100, 100, 100], 10_000, None),  # announced: a small rest
        (900, 399, [100, 100, 100], 10_000, Cause.MULTIPLE),
        (900, 400, [100, 100, 100], 10_000, None),
        (5_000, 0, [], 10_000, None),  # too few sweeps, and half is not more
        (5_001, 0, [9, 9], 10_000, Cause.SHARE),
        (5_001, 0, [4_000, 4_000, 4_000], 10_000, Cause.SHARE),
        (9_000, 9_000, [1, 1, 1], 9_000, None),
    ],
)
def test_what_nobody_was_shown_is_compared_with_the_usual_and_the_store(
    planned: int, announced: int, recent: list[int], stored: int, cause: Cause | None
) -> None:
    load = Load(planned=planned, announced=announced, recent=recent, stored=stored)

    assert cause_to_stop(load, LIMITS) is cause


@pytest.fixture
def full(stage: Stage) -> Stage:
    """Eight of ten conversations are due, and more than two stop a sweep."""
    protect(stage, breaker_minimum=2)
    stage.set_policy(90)
    for _one in range(8):
        stage.conversation(age=200)
    for _one in range(2):
        stage.conversation(age=1)
    return stage


def open_stop(stage: Stage) -> SweepStop | None:
    with stage.scope():
        return selectors.open_stop()


def stop_of(stage: Stage) -> SweepStop:
    found = open_stop(stage)
    assert found is not None
    return found


def confirm(stage: Stage, **more: Any) -> Any:
    stop = stop_of(stage)
    given = {
        "actor": stage.owner.actor,
        "stop": stop.public_id,
        "seen": stop.planned_n,
        "reason": "The old import is meant to go",
        "at": NOON + HOUR,
    }
    return services.confirm(workspace=stage.workspace, **(given | more))


def test_a_sweep_beyond_the_usual_stops_before_its_first_batch(
    full: Stage, entries
) -> None:
    sweep = full.sweep()

    assert sweep.state == SweepState.STOPPED
    assert (sweep.purged_n, sweep.skipped_n, sweep.planned_n) == (0, 8, 8)
    assert len(full.stored()) == 10
    stop = stop_of(full)
    assert (stop.cause, stop.planned_n, stop.stored_n) == ("share", 8, 10)
    (leaf,) = entries(full, "retention.sweep.stopped")
    assert leaf["counts"] == {"planned": 8, "announced": 0, "stored": 10}


def test_owners_are_told_once(full: Stage) -> None:
    full.sweep()

    assert services.tell_of_stops(at=NOON) == 1
    assert services.tell_of_stops(at=NOON) == 0

    with full.scope():
        (mail,) = Notice.objects.filter(kind="retention.sweep-stopped")
    assert "would have purged 8 objects" in mail.text
    assert mail.email == "mara.lindqvist@halden.example"


def test_the_clock_leaves_a_stopped_workspace_to_a_person(full: Stage) -> None:
    full.sweep()

    assert sweeps.open_due_runs(at=NOON + 2 * HOUR) == []
    assert sweeps.open_due_runs(at=NOON + 25 * HOUR)


def test_a_new_policy_lets_the_clock_look_again(full: Stage) -> None:
    full.sweep()
    full.set_policy(150, at=NOON + HOUR)

    assert sweeps.open_due_runs(at=NOON + 2 * HOUR)


def test_a_person_confirms_and_the_sweep_purges(full: Stage, entries) -> None:
    full.sweep()

    opened = confirm(full)
    done = full.finish(opened, at=NOON + HOUR)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 8)
    assert open_stop(full) is None
    (leaf,) = entries(full, "retention.sweep.confirmed")
    assert leaf["counts"] == {"planned": 8}
    assert "reason" in leaf["commit"]


def test_more_than_was_confirmed_stops_again(full: Stage) -> None:
    full.sweep()
    opened = confirm(full)
    for _one in range(30):
        full.conversation(age=200)

    done = full.finish(opened, at=NOON + HOUR)

    assert done.state == SweepState.STOPPED
    stop = stop_of(full)
    assert (stop.planned_n, stop.announced_n) == (38, 8)


def test_what_a_preview_announced_does_not_stop(stage: Stage) -> None:
    protect(stage, breaker_minimum=2)
    for _one in range(8):
        stage.conversation(age=200)
    drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=90, undo_days=0, reason="Agreed"),
        at=NOON,
    )

    done = stage.sweep(at=NOON + HOUR)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 8)


def test_more_than_a_preview_announced_stops(stage: Stage) -> None:
    protect(stage, breaker_minimum=2)
    stage.conversation(age=200)
    drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=90, undo_days=0, reason="Agreed"),
        at=NOON,
    )
    for _one in range(8):
        stage.conversation(age=200)

    assert stage.sweep(at=NOON + HOUR).state == SweepState.STOPPED


def test_a_later_sweep_that_passes_ends_the_stop(full: Stage) -> None:
    full.sweep()
    full.set_policy(365, at=NOON + HOUR)

    done = full.sweep(at=NOON + 2 * HOUR)

    assert done.state == SweepState.CLOSED
    assert open_stop(full) is None


def test_other_workspaces_of_the_run_go_on(full: Stage) -> None:
    other = staged(cast.elsewhere())
    other.set_policy(90)
    other.conversation(age=200)

    (run,) = sweeps.open_due_runs(at=NOON)
    with other.scope():
        theirs = Sweep.objects.get(run_id=run)
    done = other.finish(theirs)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 1)
    assert stop_of(full).planned_n == 8


def test_the_number_in_view_is_the_one_that_counts(full: Stage) -> None:
    full.sweep()

    with pytest.raises(NumbersHaveChanged):
        confirm(full, seen=7)
    confirm(full)
    with pytest.raises(StopIsOver), full.scope():
        services.confirm(
            actor=full.owner.actor,
            workspace=full.workspace,
            stop=SweepStop.objects.get().public_id,
            seen=8,
            reason="again",
            at=NOON,
        )


def test_who_may_not_start_sweeps_may_not_confirm(full: Stage) -> None:
    full.sweep()
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    for person in (full.officer, full.member, stranger):
        with pytest.raises(PermissionDenied):
            confirm(full, actor=person.actor)


def test_the_page_shows_the_numbers_and_lets_it_go_on(full: Stage) -> None:
    full.sweep()
    url = f"/w/halden-engineering/sweeps/stops/{stop_of(full).public_id}/"
    with clock.fixed_at(NOON + HOUR):
        owner, officer = full.owner.client(), full.officer.client()

        listed = owner.get("/w/halden-engineering/sweeps/").content.decode()
        page = owner.get(url).content.decode()
        seen_by_officer = officer.get(url).content.decode()
        without = owner.post(f"{url}confirm/", {"seen": "8", "reason": ""})
        wrong = owner.post(f"{url}confirm/", {"seen": "9", "reason": "sure"})
        refused = officer.post(f"{url}confirm/", {"seen": "8", "reason": "sure"})
        done = owner.post(f"{url}confirm/", {"seen": "8", "reason": "sure"})

    assert "A sweep was stopped before its first batch" in listed
    assert url in listed
    assert "Let a sweep purge 8 objects?" in page
    assert "Somebody else lets it go on" in seen_by_officer
    assert (without.status_code, wrong.status_code) == (422, 409)
    assert refused.status_code == 403
    assert done.status_code == 302
    assert open_stop(full) is None


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("sweepstop_cause_known", "cause = 'moon'"),
        ("sweepstop_confirmed_is_over", "confirmed_by = 'somebody'"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(
    full: Stage, constraint: str, columns: str
) -> None:
    full.sweep()

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_sweepstop set {columns}")


def test_the_operators_command_stops_too_unless_overridden_with_a_reason(
    full: Stage,
) -> None:
    def run(*words: str) -> str:
        out = StringIO()
        call_command(
            *("run_sweep", "--workspace", "halden-engineering", "--json", *words),
            stdout=out,
            stderr=StringIO(),
        )
        return out.getvalue()

    with clock.fixed_at(NOON):
        for words in ((), ("--override",)):
            with pytest.raises(CommandError):
                run(*words)
            assert len(full.stored()) == 10
        answer = json.loads(run("--override", "--reason", "an old import"))

    assert answer["purged"] == 8
    with full.scope():
        assert Notice.objects.filter(kind="retention.sweep-override").count() == 1
