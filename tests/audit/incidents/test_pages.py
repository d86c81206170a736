"""The pages of incidents."""

from typing import Any

import pytest
from django.test import Client

from audit import recording
from audit.incidents import services
from audit.incidents.models import AuditIncident
from audit.log import sequencer
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.ids import new_uuid
from tests import cast
from tests.cast import NOON
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

ORGANIZATION = "/o/halden-instruments/audit/incidents/"
WORKSPACE = "/w/halden-engineering/audit/incidents/"


def opened(
    where: WorkspaceRef, action: str = "workspaces.gpt.published", **given: Any
) -> AuditIncident:
    """An incident of that workspace."""
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        recording.record(
            actor=Actor.system("tests"),
            action=action,
            target=Target(kind="gpt", id=new_uuid()),
            organization_id=where.organization.id,
            workspace=where.public_id,
            at=NOON,
            **given,
        )
    sequencer.seal(at=NOON)
    services.detect_due(at=NOON)
    with scoping.organization(organization_id=where.organization.id):
        return AuditIncident.objects.latest("id")


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def test_the_list_teaches_while_it_is_empty(owner: Client) -> None:
    assert "No incident yet" in owner.get(ORGANIZATION).content.decode()


def test_an_incident_from_the_list_to_its_end(
    where: WorkspaceRef, owner: Client
) -> None:
    found = opened(where)
    page = f"{ORGANIZATION}{found.public_id}/"

    assert page in owner.get(ORGANIZATION).content.decode()
    for act, more in (
        ("acknowledge", {}),
        ("note", {"text": "<b>Looked</b>"}),
        ("assign", {"owner": "Ife"}),
        ("resolve", {"text": "Isolated it."}),
    ):
        assert owner.post(page, {"act": act, **more}).status_code == 302
    shown = owner.get(page).content.decode()

    assert "Resolved" in shown
    assert "&lt;b&gt;Looked&lt;/b&gt;" in shown
    assert "Isolated it." in shown
    assert (
        "None in this state" in owner.get(f"{ORGANIZATION}?state=open").content.decode()
    )


def test_an_entry_of_the_timeline_leads_to_the_log(
    where: WorkspaceRef, owner: Client
) -> None:
    found = opened(where)
    shown = owner.get(f"{WORKSPACE}{found.public_id}/").content.decode()

    link = shown.split('class="c-row-action" href="')[1].split('"')[0]

    assert owner.get(link).status_code == 200


def test_bad_input_is_refused_in_words(where: WorkspaceRef, owner: Client) -> None:
    page = f"{ORGANIZATION}{opened(where).public_id}/"
    for data in ({}, {"act": "burn"}, {"act": "note"}, {"act": "reopen", "text": "x"}):
        answer = owner.post(page, data)
        assert answer.status_code == 422
        assert "Nothing was changed" in answer.content.decode()


def test_what_was_written_stays_in_its_field_where_it_is_refused(
    where: WorkspaceRef, owner: Client
) -> None:
    page = f"{ORGANIZATION}{opened(where).public_id}/"
    owner.post(page, {"act": "resolve", "text": "Isolated it."})

    late = owner.post(page, {"act": "note", "text": "x" * 4_001})

    assert late.status_code == 422
    assert late.content.decode().count("x" * 4_001) == 1


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("audit.stream.gap-found", "audit/streams/{subject}/"),
        ("audit.log.verified", "audit/"),
    ],
)
def test_an_incident_leads_to_what_is_to_be_looked_at(
    where: WorkspaceRef, owner: Client, action: str, path: str
) -> None:
    found = opened(where, action, outcome=Outcome.ERROR)

    shown = owner.get(f"{ORGANIZATION}{found.public_id}/").content.decode()

    leads_to = path.format(subject=found.subject)
    assert f'<a class="btn" href="/o/halden-instruments/{leads_to}">' in shown


def test_a_workspace_sees_its_own_incidents_alone(
    where: WorkspaceRef, owner: Client
) -> None:
    found = opened(where, "workspaces.break-glass.used")
    mine = cast.officer(where).client()

    assert mine.get(f"{WORKSPACE}{found.public_id}/").status_code == 404
    assert mine.get(f"{ORGANIZATION}{found.public_id}/").status_code == 404
    assert owner.get(f"{ORGANIZATION}{found.public_id}/").status_code == 200
    assert cast.admin(where).client().get(WORKSPACE).status_code == 403


def test_what_is_about_the_whole_organization_waits_for_who_runs_it(
    where: WorkspaceRef, owner: Client
) -> None:
    opened(where, "workspaces.break-glass.used")
    officer = cast.officer(where).client()

    run = owner.get("/w/halden-engineering/").content.decode()
    other = officer.get("/w/halden-engineering/").content.decode()

    assert "Break-glass was used" in run
    assert f'href="{ORGANIZATION}"' in run
    assert "Break-glass was used" not in other


def test_the_overview_tells_what_nobody_has_taken(
    where: WorkspaceRef, owner: Client
) -> None:
    found = opened(where)

    shown = owner.get("/w/halden-engineering/").content.decode()

    assert "Something became public" in shown
    assert f'href="{WORKSPACE}{found.public_id}/"' in shown


def test_a_rule_is_set_and_a_wrong_one_refused(owner: Client) -> None:
    page = f"{ORGANIZATION}rules/"
    wrong = owner.post(page, {"kind": "mass_export", "threshold": "0", "minutes": "5"})
    right = owner.post(
        page, {"kind": "mass_export", "is_on": "on", "threshold": "9", "minutes": "5"}
    )

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert "at 9 within 5 minutes" in owner.get(page).content.decode()
    assert owner.post(page, {"kind": "odd"}).status_code == 422


def test_the_list_asks_the_database_as_often_for_fifty_as_for_one(
    where: WorkspaceRef, owner: Client, django_assert_max_num_queries: Any
) -> None:
    found = opened(where)
    with scoping.organization(organization_id=where.organization.id):
        AuditIncident.objects.bulk_create(
            AuditIncident(
                organization_id=where.organization.id,
                kind="public_sharing",
                subject=str(n),
                workspace=found.workspace,
                found_n=1,
                opened_at=NOON,
                seen_at=NOON,
                page_due_at=NOON,
            )
            for n in range(60)
        )
    owner.get(ORGANIZATION)

    with django_assert_max_num_queries(16):
        shown = owner.get(ORGANIZATION).content.decode()

    assert "Older 50" in shown
