"""What a job was given and what it left goes some days after its end."""

from datetime import datetime, timedelta

import pytest

from audit.log.leaf import Leaf
from audit.log.models import AuditEntry
from kit import clock, scoping
from kit.blobs import BlobMissing, store
from tests import cast
from tests.cast import Person
from workspaces.jobs import parcels, runners, services
from workspaces.jobs.models import Job
from workspaces.jobs.rules import KEPT_DAYS
from workspaces.jobs.runners import Outcome, Run

pytestmark = pytest.mark.django_db(databases=["default", "vault"])

_KEPT = timedelta(days=KEPT_DAYS)
_MOMENT = timedelta(microseconds=1)


@pytest.fixture
def person() -> Person:
    return cast.admin(cast.workspace())


@pytest.fixture
def ended(person: Person, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that was given a list of people and left a file, ended just now."""

    def listed(run: Run) -> Outcome:
        with scoping.organization(organization_id=run.organization_id):
            blob = parcels.keep_result([b"email\n"], workspace=person.workspace)
        return Outcome(message="Done.", blob_id=blob, file_name="members.csv")

    monkeypatch.setattr(runners, "_runners", {"list": listed})
    with scoping.organization(organization_id=person.workspace.organization.id):
        arguments = parcels.pack(["jun@halden.example"], workspace=person.workspace)
    job = services.enqueue(
        actor=person.actor,
        kind="list",
        title="Change members",
        organization=person.workspace.organization,
        workspace=person.workspace,
        arguments=arguments,
        at=clock.now(),
    )
    services.run_due(clock=clock.now)
    return _now(job)


def _now(job: Job) -> Job:
    with scoping.organization(organization_id=job.organization_id):
        return Job.objects.get(pk=job.pk)


def _over(job: Job) -> datetime:
    assert job.ended_at is not None
    return job.ended_at + _KEPT


def test_file_and_list_go_at_the_end_of_their_days(ended: Job) -> None:
    blob = ended.result_blob_id
    assert blob is not None

    assert services.expire(at=_over(ended) - _MOMENT) == 0
    assert b"".join(store().open(blob))

    assert services.expire(at=_over(ended)) == 1
    assert services.expire(at=_over(ended)) == 0

    gone = _now(ended)
    assert (gone.arguments, gone.result_blob_id, gone.result_name) == ({}, None, "")
    assert (gone.state, gone.title) == ("done", "Change members")
    with pytest.raises(BlobMissing):
        store().open(blob)
    with scoping.organization(organization_id=ended.organization_id):
        leaf = AuditEntry.objects.order_by("-pk").values_list("leaf", flat=True)[0]
    entry = Leaf.parse(bytes(leaf))
    assert entry.action == "workspaces.job.expired"
    assert entry.target_id == ended.public_id


def test_an_open_job_keeps_what_it_was_given(person: Person) -> None:
    job = services.enqueue(
        actor=person.actor,
        kind="list",
        title="Change members",
        organization=person.workspace.organization,
        workspace=person.workspace,
        arguments={"up_to": 3},
        at=clock.now() - 2 * _KEPT,
    )

    assert services.expire(at=clock.now()) == 0
    assert _now(job).arguments == {"up_to": 3}


def test_the_page_says_when_and_gives_no_file_after_it(
    ended: Job, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = person.client()
    page = f"/w/{person.workspace.slug}/jobs/{ended.public_id}/"

    assert "Custos removes it" in client.get(page).content.decode()
    assert client.get(f"{page}result/").content == b"email\n"

    over = _over(ended)
    monkeypatch.setattr(clock, "now", lambda: over)
    assert client.get(f"{page}result/").status_code == 404
