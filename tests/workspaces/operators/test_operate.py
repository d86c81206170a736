"""Operators govern tenants and plans at /operator/, through the services."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.log import services as log
from audit.log.models import AuditEntry
from kit import scoping
from tests import cast
from workspaces.members import standing
from workspaces.members.models import User
from workspaces.signin import selectors as signin
from workspaces.tenancy import selectors

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    call_command("create_operator", email="Op@halden.example", password_file=file)
    client = Client()
    answer = client.post(
        "/operator/login/", {"username": "op@halden.example", "password": PASSWORD}
    )
    assert answer.status_code == 302
    return client


def site_entries() -> int:
    with scoping.organization(organization_id=0):
        return AuditEntry.objects.count()


def test_making_an_operator_and_signing_in_are_recorded(client: Client) -> None:
    assert site_entries() == 2


def test_a_member_who_tries_the_door_keeps_their_session_and_is_no_operator() -> None:
    where = cast.workspace()
    browser = cast.owner(where).client()
    log.open_site_log(at=cast.NOON)

    answer = browser.post(
        "/operator/login/", {"username": "op@halden.example", "password": PASSWORD}
    )

    assert answer.status_code == 200
    assert site_entries() == 1  # that somebody tried
    assert browser.get(f"/w/{where.slug}/").status_code == 200


def test_a_weak_password_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short")

    with pytest.raises(CommandError, match="at least 14 characters"):
        call_command("create_operator", email="op@halden.example", password_file=file)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "workspaces/organization/",
        "workspaces/workspace/",
        "workspaces/membership/",
        "workspaces/user/",
        "workspaces/organizationadministrator/",
        "workspaces/organization/add/",
        "workspaces/workspace/add/",
    ],
)
def test_every_page_opens(client: Client, page: str) -> None:
    cast.member(cast.workspace())

    answer = client.get(f"/operator/{page}")

    assert answer.status_code == 200
    assert "halden" in answer.content.decode().lower()


def test_founding_makes_the_whole_tenant(client: Client) -> None:
    organization = client.post(
        "/operator/workspaces/organization/add/",
        {"slug": "brennan", "name": "Brennan", "owner_email": "sol@brennan.example"},
    )
    pk = selectors.organization_by_slug(slug="brennan").id
    workspace = client.post(
        "/operator/workspaces/workspace/add/",
        {"organization": pk, "slug": "office", "name": "Office", "plan": "team"},
    )

    assert (organization.status_code, workspace.status_code) == (302, 302)
    sol = User.objects.get(email="sol@brennan.example")
    assert [a.role for a in selectors.accesses_of(user_id=sol.pk)] == ["owner"]


def test_a_refusal_is_shown_and_nothing_made(client: Client) -> None:
    answer = client.post(
        "/operator/workspaces/organization/add/",
        {"slug": "brennan", "name": "Brennan", "owner_email": "nobody"},
        follow=True,
    )

    assert "is no e-mail address" in answer.content.decode()
    with pytest.raises(selectors.UnknownTenant):
        selectors.organization_by_slug(slug="brennan")


def test_a_plan_changes_with_its_reason_in_the_log(client: Client) -> None:
    where = cast.workspace()
    page = f"/operator/workspaces/workspace/{where.id}/change/"
    assert client.get(page).status_code == 200
    with scoping.organization(organization_id=where.organization.id):
        before = AuditEntry.objects.count()

    client.post(page, {"plan": "team", "reason": "Downgraded"})

    assert selectors.workspace_by_slug(slug=where.slug).plan == "team"
    with scoping.organization(organization_id=where.organization.id):
        assert AuditEntry.objects.count() == before + 1


@pytest.mark.parametrize("kind", ["membership", "user", "organizationadministrator"])
def test_people_are_read_only(client: Client, kind: str) -> None:
    cast.member(cast.workspace())

    assert client.get(f"/operator/workspaces/{kind}/add/").status_code == 403


def test_nothing_is_deleted(client: Client) -> None:
    where = cast.workspace()

    for kind, pk in (("workspace", where.id), ("organization", where.organization.id)):
        page = f"/operator/workspaces/{kind}/{pk}/delete/"
        assert client.post(page, {"post": "yes"}).status_code == 403


def test_an_operator_enters_no_tenant_even_as_its_member(client: Client) -> None:
    where = cast.workspace()
    cast.person(where, "op@halden.example")

    assert client.get(f"/w/{where.slug}/").status_code == 404


@pytest.mark.usefixtures("client")
def test_becoming_an_operator_ends_what_the_browser_was() -> None:
    browser = cast.owner(cast.workspace()).client()
    held = standing.held(browser.session)
    assert held is not None

    browser.post(
        "/operator/login/", {"username": "op@halden.example", "password": PASSWORD}
    )

    with scoping.organization(organization_id=held.organization_id):
        row = signin.session(sign_in=held.sign_in)
    assert row is not None
    assert row.end_reason == "replaced"


def test_no_content_is_registered() -> None:
    from workspaces.operators.admin import site

    names = {model.__name__ for model in site._registry}

    assert names == {
        "Membership",
        "Organization",
        "OrganizationAdministrator",
        "User",
        "Workspace",
    }


def test_a_tenants_sign_in_opens_no_door_to_the_operators_pages(
    client: Client,
) -> None:
    op = cast.person(cast.workspace(), "op@halden.example")
    assert op.user.is_operator

    answer = op.client().get("/operator/workspaces/organization/")

    assert answer.status_code == 302
    assert answer["location"].startswith("/operator/login/")


def test_others_do_not_get_in() -> None:
    owner = cast.owner(cast.workspace())

    answer = owner.client().get("/operator/workspaces/organization/")

    assert answer.status_code == 302
    assert answer["location"].startswith("/operator/login/")
