"""Watching jobs on their pages."""

import pytest

from audit.log.leaf import Leaf
from audit.log.models import AuditEntry
from kit import scoping
from tests import cast
from tests.cast import NOON, Person
from workspaces.jobs import services
from workspaces.jobs.models import Job

pytestmark = pytest.mark.django_db

LIST = "/w/halden-engineering/jobs/"


def ask(person: Person) -> Job:
    return services.enqueue(
        actor=person.actor,
        kind="count",
        title="Count conversations",
        organization=person.workspace.organization,
        workspace=person.workspace,
        at=NOON,
    )


def test_a_member_sees_their_own_and_the_officer_all() -> None:
    where = cast.workspace()
    member, officer = cast.member(where), cast.officer(where)
    mine, other = ask(member), ask(cast.analyst(where))

    assert str(other.public_id) not in member.client().get(LIST).content.decode()
    page = officer.client().get(LIST).content.decode()

    assert str(mine.public_id) in page
    assert str(other.public_id) in page


def test_it_polls_while_it_is_open_and_no_longer() -> None:
    member = cast.member(cast.workspace())
    job = ask(member)
    client = member.client()
    url = f"{LIST}{job.public_id}/"

    waiting = client.get(url, headers={"HX-Request": "true"}).content.decode()
    stopped = client.post(f"{url}cancel/", follow=True).content.decode()

    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    assert "every 2s" not in stopped
    assert "Stopped" in stopped


def test_the_top_bar_counts_open_jobs() -> None:
    member = cast.member(cast.workspace())
    client = member.client()
    assert "No jobs running" in client.get(LIST).content.decode()

    ask(member)

    assert "1 job running" in client.get(LIST).content.decode()


def test_another_persons_job_is_not_there() -> None:
    where = cast.workspace()
    job = ask(cast.analyst(where))
    url = f"{LIST}{job.public_id}/"

    client = cast.member(where).client()

    assert client.get(url).status_code == 404
    assert client.post(f"{url}cancel/").status_code == 404


def test_a_job_is_not_there_in_another_workspace_of_the_organization() -> None:
    here = cast.workspace()
    there = cast.workspace(here.organization, slug="halden-research", name="Research")
    job = ask(cast.owner(here))
    client = cast.owner(there).client()
    url = f"/w/halden-research/jobs/{job.public_id}/"

    assert client.get(url).status_code == 404
    assert client.post(f"{url}cancel/").status_code == 404
    assert str(job.public_id) not in client.get("/w/halden-research/jobs/").text
    with scoping.organization(organization_id=here.organization.id):
        job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_stopping_a_job_is_recorded_under_the_workspace_of_the_job() -> None:
    owner = cast.owner(cast.workspace())
    job = ask(owner)

    owner.client().post(f"{LIST}{job.public_id}/cancel/")

    with scoping.organization(organization_id=owner.workspace.organization.id):
        leaf = AuditEntry.objects.order_by("-id").first().leaf
    entry = Leaf.parse(bytes(leaf))
    assert entry.action == "workspaces.job.canceled"
    assert entry.workspace == owner.workspace.public_id
