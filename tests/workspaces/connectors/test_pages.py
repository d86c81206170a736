"""The pages on which admins allow, restrict and cut connectors."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kit import clock
from tests import cast
from tests.cast import Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.access.models import Baseline, CustomRole
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.groups.models import Group, Source
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

LIST = "/w/halden-engineering/connectors/"
DRIVE = f"{LIST}google-drive/"
SETTINGS = {
    "allowed": "on",
    "domains": "",
    "action_control": "all",
    "new_actions": "disable",
    "ask": "",
    "owner": "",
    "risk": "unrated",
    "review_on": "",
}


@pytest.fixture
def admin(where: WorkspaceRef) -> Client:
    return cast.admin(where).client()


def change(client: Client, *, follow: bool = True, **settings: Any) -> Any:
    """Ask for a preview, then agree to what it shows."""
    sent = {**SETTINGS, **settings}
    shown = client.post(f"{DRIVE}change/", sent)
    if shown.status_code != 200:
        return shown
    agreed = re.search(r'name="agreed" value="(\d+)"', shown.content.decode())
    assert agreed
    return client.post(f"{DRIVE}change/", {**sent, "agreed": agreed[1]}, follow=follow)


def test_the_list_says_how_each_one_stands(
    where: WorkspaceRef, admin: Client, jun: Person, set_up: SetUp
) -> None:
    owner = cast.admin(where).membership
    yesterday = clock.now().date() - timedelta(days=1)
    set_up(risk="high", owner_id=owner.pk, review_on=yesterday)
    linked(jun)

    page = admin.get(LIST).content.decode()

    assert "1 of 5 connectors is on." in page
    assert "On, without a client" in page
    assert "tomasz.wrona@halden.example" in page
    assert "overdue" in page
    for label in ("Google Drive", "SharePoint", "Slack", "GitHub", "Jira"):
        assert label in page


def test_it_says_when_no_connector_reaches_anybody(
    where: WorkspaceRef, admin: Client
) -> None:
    assert "feature “Connectors” is off" not in admin.get(LIST).content.decode()
    with opened(where):
        Baseline.objects.update(value="off")

    assert "feature “Connectors” is off" in admin.get(LIST).content.decode()


def test_the_list_costs_the_same_with_many_grants(
    where: WorkspaceRef, admin: Client, jun: Person, set_up: SetUp
) -> None:
    admin.get(LIST)
    with CaptureQueriesContext(connection) as before:
        admin.get(LIST)
    for slug in ("google-drive", "slack", "github"):
        set_up(slug)
        linked(jun, slug)

    with CaptureQueriesContext(connection) as after:
        admin.get(LIST)

    assert len(after) <= len(before) + 1 <= 40


def test_settings_are_saved_after_a_look_at_them(
    where: WorkspaceRef, admin: Client
) -> None:
    with opened(where):
        group = Group.objects.create(
            workspace_id=where.id,
            name="Kitchen",
            folded_name="kitchen",
            source=Source.PORTAL,
            created_at=cast.NOON,
        )
        role = CustomRole.objects.create(
            workspace_id=where.id,
            name="Cooks",
            folded_name="cooks",
            created_at=cast.NOON,
        )
    asked = {
        "groups": [group.pk],
        "roles": [role.pk],
        "domains": "Halden.example\nmünchen.example",
        "action_control": "custom",
        "chosen_actions": ["files.read"],
        "ask": "always",
        "owner": "Tomasz.Wrona@halden.example",
        "risk": "medium",
        "review_on": "2026-12-24",
    }
    shown = admin.post(f"{DRIVE}change/", {**SETTINGS, **asked}).content.decode()
    with opened(where):
        assert not Connector.objects.exists()

    page = change(admin, **asked).content.decode()

    for words in ("Kitchen", "Cooks", "xn--mnchen-3ya.example", "24 Dec 2026"):
        assert words in shown
    assert "Saved." in page
    with opened(where):
        row = Connector.objects.get()
        assert row.is_allowed
        assert row.is_restricted
        assert (row.role_ids, row.group_ids) == ([role.pk], [group.pk])
        assert row.review_on == date(2026, 12, 24)
    again = admin.get(DRIVE).content.decode()
    assert f'value="{group.pk}" id="id_groups_0" checked' in again


def test_cutting_says_how_many_first_and_gives_a_receipt(
    where: WorkspaceRef, admin: Client, jun: Person, set_up: SetUp
) -> None:
    set_up()
    linked(jun)
    sent = {**SETTINGS, "allowed": "off"}
    shown = admin.post(f"{DRIVE}change/", sent).content.decode()
    assert "Save and cut 1 sign-in of a member" in shown

    # What was agreed to was less than what would be cut now: nothing happens.
    admin.post(f"{DRIVE}change/", {**sent, "agreed": "0"})
    with opened(where):
        assert ConnectorGrant.objects.get().ended_at is None
    answer = change(admin, allowed="off")

    page = answer.content.decode()
    assert "Google Drive: what was cut" in page
    assert "jun.takahashi@halden.example" in page
    assert "Waiting" in page
    receipt = answer.request["PATH_INFO"]
    document = json.loads(admin.get(f"{receipt}download/").content)
    assert document["cause"] == "restricted"
    assert [one["at_source"] for one in document["grants"]] == ["waiting"]
    assert document["grants"][0]["member"]["email"] == "jun.takahashi@halden.example"
    assert receipt in admin.get(DRIVE).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("owner", "nobody@halden.example", "No active member"),
        ("domains", "not_a_domain!", "is no mail domain"),
        ("allowed", "perhaps", "Select a valid choice"),
        ("review_on", "2026-02-30", "Enter a valid date"),
        ("risk", "scary", "Select a valid choice"),
    ],
)
def test_what_cannot_be_saved_says_why(
    where: WorkspaceRef, admin: Client, field: str, value: str, sentence: str
) -> None:
    answer = admin.post(f"{DRIVE}change/", {**SETTINGS, field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_nothing_changed_is_said(admin: Client) -> None:
    answer = admin.post(f"{DRIVE}change/", {**SETTINGS, "allowed": "off"}, follow=True)

    assert "Nothing was changed." in answer.content.decode()


def test_the_client_of_an_app_is_named(where: WorkspaceRef, admin: Client) -> None:
    page = admin.get(DRIVE).content.decode()
    assert "/w/halden-engineering/connections/google-drive/callback/" in page

    wrong = admin.post(f"{DRIVE}client/", {"client_id": "abc", "secret": ""})
    right = admin.post(
        f"{DRIVE}client/", {"client_id": "abc", "secret": "only-for-tests"}, follow=True
    )

    assert wrong.status_code == 422
    assert "Give the secret" in wrong.content.decode()
    assert "Saved; members can sign in." in right.content.decode()
    assert "only-for-tests" not in right.content.decode()
    assert "A secret is stored." in right.content.decode()


def test_what_is_asked_before_is_set_for_all(
    where: WorkspaceRef, admin: Client
) -> None:
    answer = admin.post(f"{LIST}asking/", {"ask": "never"}, follow=True)

    assert "Saved." in answer.content.decode()
    assert "As the workspace: Never ask" in admin.get(DRIVE).content.decode()
    assert admin.post(f"{LIST}asking/", {"ask": "perhaps"}).status_code == 422


def test_an_officer_reads_and_changes_nothing(where: WorkspaceRef) -> None:
    officer = cast.officer(where).client()

    page = officer.get(DRIVE)

    assert page.status_code == 200
    assert "See what would change" not in page.content.decode()
    assert officer.post(f"{DRIVE}change/", SETTINGS).status_code == 403


def test_what_is_not_there_is_not_found(admin: Client) -> None:
    assert admin.get(f"{LIST}carrier-pigeon/").status_code == 404
    assert admin.post(f"{LIST}carrier-pigeon/change/", SETTINGS).status_code == 404
    assert admin.post(f"{LIST}carrier-pigeon/client/", {}).status_code == 404


def test_the_api_platform_has_none() -> None:
    where = cast.workspace(plan="api")

    answer = cast.owner(where).client().get(LIST)

    assert answer.status_code == 403
    assert "not part of the API platform plan" in answer.content.decode()
