"""Closing a workspace in the browser: preview, typed name, state, certificate."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from kit import clock, scoping
from retention.closing import services
from retention.closing.models import Closing
from retention.holds import services as holds
from retention.receipts import documents
from retention.sweeps.services import destroying
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from workspaces.tenancy.models import OrganizationAdministrator

LIST = "/o/halden-instruments/workspaces/"
OVER = NOON + timedelta(days=14)
ANSWER = {"typed_name": "Halden Engineering", "reason": "The team has moved"}


def url(stage: Stage, act: str = "") -> str:
    return f"{LIST}{stage.workspace.public_id}/close/{act}"


def asked(stage: Stage) -> int:
    with stage.scope():
        return Closing.objects.count()


def test_the_page_counts_before_anything_changes(stage: Stage) -> None:
    stage.conversation(age=1)

    page = stage.owner.client().get(url(stage)).content.decode()
    listed = stage.owner.client().get(LIST).content.decode()

    assert "What is stored now" in page
    assert "Members who lose access" in page
    assert "Type Halden Engineering to go on" in page
    assert url(stage) in listed
    assert asked(stage) == 0


def test_typing_the_name_asks_for_it_and_everybody_reads_it(stage: Stage) -> None:
    page = stage.owner.client().post(url(stage), ANSWER, follow=True).content.decode()
    banner = "Halden Engineering closes on 16 Mar 2026"

    assert "Closes after the grace" in page
    assert "The team has moved" in page
    assert (
        banner
        in stage.officer.client().get("/w/halden-engineering/holds/").content.decode()
    )
    assert banner in stage.member.client().get("/me/").content.decode()


def test_it_is_kept_from_the_page(stage: Stage) -> None:
    client = stage.owner.client()
    client.post(url(stage), ANSWER)

    page = client.post(url(stage, "keep/"), follow=True).content.decode()

    assert "Type Halden Engineering to go on" in page
    assert client.post(url(stage, "keep/")).status_code == 409


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({**ANSWER, "typed_name": "halden"}, "Type the name exactly"),
        ({**ANSWER, "reason": " "}, "Say why it is closed"),
        ({**ANSWER, "reason": "x" * 1001}, "Say why it is closed"),
    ],
)
def test_bad_input_is_refused_in_words(
    stage: Stage, answer: dict[str, str], sentence: str
) -> None:
    page = stage.owner.client().post(url(stage), answer)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert asked(stage) == 0


def test_who_asks_second_is_told_so(stage: Stage) -> None:
    client = stage.owner.client()
    client.post(url(stage), ANSWER)

    page = client.post(url(stage), ANSWER)

    assert page.status_code == 409
    assert "is being closed already" in page.content.decode()
    assert asked(stage) == 1


def test_holds_are_named_and_refuse_it(stage: Stage) -> None:
    stage.conversation(age=1)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )

    shown = stage.owner.client().get(url(stage)).content.decode()
    page = stage.owner.client().post(url(stage), ANSWER)

    assert "Objects on legal hold here: 1, for 1 matter." in shown
    assert "Lindqvist" not in shown
    assert "1 matter on legal hold protects something" in page.content.decode()
    assert (page.status_code, asked(stage)) == (409, 0)


def test_strangers_members_and_admins_are_kept_out(stage: Stage) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    where = f"/o/{stranger.workspace.organization.slug}/workspaces/"

    for act in ("", "certificate/"):
        assert stranger.client().get(url(stage, act)).status_code == 404
        assert stage.member.client().get(url(stage, act)).status_code == 404
    inside = f"{where}{stage.workspace.public_id}/close/"
    assert stranger.client().get(inside).status_code == 404
    assert stranger.client().post(f"{inside}keep/").status_code == 404
    assert stranger.client().post(inside, ANSWER).status_code == 404
    assert stage.owner.client().get(f"{LIST}{uuid4()}/close/").status_code == 404
    assert stage.owner.client().get(url(stage, "certificate/")).status_code == 404
    assert asked(stage) == 0


def test_an_admin_of_the_organization_may_not(stage: Stage) -> None:
    organization = stage.workspace.organization.id
    with scoping.organization(organization_id=organization):
        OrganizationAdministrator.objects.create(
            organization_id=organization,
            user=stage.officer.user,
            role="admin",
            created_at=NOON,
        )
    client = stage.officer.client()

    for act in ("", "certificate/"):
        assert client.get(url(stage, act)).status_code == 403
    assert client.post(url(stage), ANSWER).status_code == 403
    assert client.post(url(stage, "keep/")).status_code == 403
    assert url(stage) not in client.get(LIST).content.decode()
    assert asked(stage) == 0


def test_the_certificate_is_signed_and_checked_alone(lasting: Stage) -> None:
    client = lasting.owner.client()
    client.post(url(lasting), ANSWER)
    services.work_due(at=OVER)
    destroying.destroy_doomed(at=OVER)
    services.work_due(at=OVER + timedelta(minutes=2))

    with clock.fixed_at(OVER + timedelta(hours=1)):
        page = client.get(url(lasting)).content.decode()
        file = client.get(url(lasting, "certificate/")).content

    key = json.loads(file)["signature"]["key"]
    document = documents.verified(file, vkey=key)
    assert "Download the signed certificate" in page
    assert (document["type"], document["outcome"]) == ("closing", "closed")
    assert document["key_destroyed_at"].startswith("2026-03-16T12:00")
