"""A job runs once, under a lease, and ends in a state that tells how."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from kit import scoping
from kit.refusals import Refused
from tests import cast
from tests.cast import NOON, Person
from workspaces.jobs import runners, services
from workspaces.jobs.models import Job
from workspaces.jobs.runners import Outcome, Run
from workspaces.jobs.services import JobIsOver, LeaseIsLost, leasing

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Person:
    return cast.admin(cast.workspace())


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    known: dict[str, object] = {}
    monkeypatch.setattr(runners, "_runners", known)
    return known


def clock() -> datetime:
    return NOON


def ask(person: Person, kind: str = "count") -> Job:
    return services.enqueue(
        actor=person.actor,
        kind=kind,
        title="Count conversations",
        organization=person.workspace.organization,
        workspace=person.workspace,
        arguments={"up_to": 3},
        at=NOON,
    )


def again(job: Job) -> Job:
    with scoping.organization(organization_id=job.organization_id):
        return Job.objects.get(pk=job.pk)


def lease_ends(job: Job) -> None:
    with scoping.organization(organization_id=job.organization_id):
        Job.objects.filter(pk=job.pk).update(leased_until=NOON - timedelta(days=1))


def test_it_runs_to_its_result(admin: Person, runner: dict[str, object]) -> None:
    blob = uuid4()

    def count(run: Run) -> Outcome:
        run.progress(done=run.arguments["up_to"], total=3)
        return Outcome(message="Counted.", blob_id=blob, file_name="count.json")

    runner["count"] = count
    job = ask(admin)

    taken = services.run_due(clock=clock)

    done = again(job)
    assert (taken, done.state, done.done, done.message) == (1, "done", 3, "Counted.")
    assert (done.result_blob_id, done.ended_at) == (blob, NOON)
    assert services.run_due(clock=clock) == 0


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Refused("The file is empty."), "The file is empty."),
        (RuntimeError("secret content"), "Something went wrong on our side."),
    ],
)
def test_a_failure_says_why_and_shows_no_content(
    admin: Person, runner: dict[str, object], error: Exception, message: str
) -> None:
    def fail(_run: Run) -> Outcome:
        raise error

    runner["count"] = fail
    job = ask(admin)

    services.run_due(clock=clock)

    failed = again(job)
    assert (failed.state, failed.message) == ("failed", message)


def test_a_kind_that_nobody_runs_fails(admin: Person, runner: dict) -> None:
    job = ask(admin, kind="unheard-of")

    services.run_due(clock=clock)

    assert again(job).state == "failed"


def test_a_waiting_job_stops_at_once(admin: Person, runner: dict) -> None:
    job = ask(admin)

    stop(admin, job)

    assert again(job).state == "canceled"
    assert services.run_due(clock=clock) == 0


def test_a_running_job_stops_after_its_step(admin: Person, runner: dict) -> None:
    steps = []

    def count(run: Run) -> Outcome:
        for number in range(3):
            steps.append(number)
            stop(admin, job)
            run.progress(done=number, total=3)
        return Outcome(message="Counted.")

    runner["count"] = count
    job = ask(admin)

    services.run_due(clock=clock)

    assert (again(job).state, steps) == ("canceled", [0])


def test_what_is_over_cannot_be_stopped(admin: Person, runner: dict) -> None:
    job = ask(admin)
    stop(admin, job)

    with pytest.raises(JobIsOver):
        stop(admin, job)


def test_who_lost_the_lease_can_no_longer_write(admin: Person) -> None:
    job = ask(admin)
    first = leasing.claim(waiting=leasing.due(limit=1)[0], at=NOON)
    assert first is not None
    assert leasing.due(limit=1) == []
    lease_ends(job)

    second = leasing.claim(waiting=leasing.due(limit=1)[0], at=NOON)

    assert second is not None
    with pytest.raises(LeaseIsLost):
        leasing.keep(lease=first, done=1, total=3, message="")
    with pytest.raises(LeaseIsLost):
        leasing.finish(lease=first, outcome=Outcome(message="Late."), at=NOON)
    leasing.finish(lease=second, outcome=Outcome(message="In time."), at=NOON)
    assert again(job).message == "In time."


def test_a_job_that_kills_its_workers_is_given_up(admin: Person) -> None:
    job = ask(admin)
    for _ in range(leasing.MOST_CLAIMS):
        assert leasing.claim(waiting=leasing.due(limit=1)[0], at=NOON)
        lease_ends(job)

    assert leasing.claim(waiting=leasing.due(limit=1)[0], at=NOON) is None
    assert again(job).state == "failed"


def test_a_defect_after_the_lease_is_lost_does_not_stop_the_queue(
    admin: Person, runner: dict
) -> None:
    job, other = ask(admin, "stall"), ask(admin)

    def stall(run: Run) -> Outcome:
        lease_ends(job)
        due = leasing.Due(id=job.pk, organization_id=job.organization_id)
        assert leasing.claim(waiting=due, at=NOON) is not None
        raise RuntimeError("a defect")

    runner["stall"] = stall
    runner["count"] = lambda run: Outcome(message="3 counted")

    assert services.run_due(clock=clock) == 2
    assert again(job).state == "running"
    assert again(other).state == "done"


def test_the_list_of_due_jobs_shows_ids_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_jobs(1)")
        names = [column.name for column in cursor.description or ()]

    assert names == ["job_id", "organization_id"]


def stop(person: Person, job: Job) -> None:
    services.cancel(
        actor=person.actor,
        organization=person.workspace.organization,
        job=job.public_id,
        at=NOON,
    )
