"""Single sign-on of a workspace, and networks, decide where a session reaches."""

from typing import Any

import pytest
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.signin import rules, selectors
from workspaces.signin.models import Method
from workspaces.signin.rules import Need
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Organization, Sso
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/members/"


@pytest.fixture
def mara(halden: WorkspaceRef, connected: OrganizationRef) -> Person:
    return cast.owner(halden)


def demand(where: WorkspaceRef, sso: Sso) -> None:
    tenancy.set_sso(actor=OPERATOR, workspace=where, sso=sso, at=NOON)


def by(method: Method, person: Person) -> Client:
    organization = person.workspace.organization
    connection_id = None
    if method is Method.SAML:
        ref = selectors.connection_by_slug(slug=organization.slug)
        assert ref is not None
        connection_id = ref.id
    return cast.signed_in(
        person.user,
        organization_id=organization.id,
        method=method,
        connection_id=connection_id,
    )


@pytest.mark.parametrize(
    ("sso", "method", "is_bound", "need"),
    [
        ("optional", "saml", True, Need.NOTHING),
        ("optional", "code", True, Need.NOTHING),
        ("required", "saml", True, Need.NOTHING),
        ("required", "saml", False, Need.NOTHING),
        ("required", "code", True, Need.SSO),
        ("required", "code", False, Need.NOTHING),
        ("off", "saml", True, Need.CODE),
        ("off", "saml", False, Need.CODE),
        ("off", "code", True, Need.NOTHING),
        ("required", "break_glass", True, Need.NOTHING),
        ("off", "break_glass", True, Need.NOTHING),
    ],
)
def test_what_a_session_lacks(
    sso: str, method: str, is_bound: bool, need: Need
) -> None:
    assert rules.need(sso=sso, method=method, is_bound=is_bound) is need


def test_requiring_it_voids_other_sessions_at_the_next_request(mara: Person) -> None:
    client = by(Method.CODE, mara)
    assert client.get(PAGE).status_code == 200

    demand(mara.workspace, Sso.REQUIRED)

    answer = client.get(PAGE)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Single sign-on is required here" in page
    assert "/accounts/saml/halden-instruments/login/?login_hint=mara.lindqvist" in page
    assert "next=%2Fw%2Fhalden-engineering%2Fmembers%2F" in page
    assert by(Method.SAML, mara).get(PAGE).status_code == 200


def test_a_partial_request_gets_the_page_too(mara: Person) -> None:
    client = by(Method.CODE, mara)
    demand(mara.workspace, Sso.REQUIRED)

    answer = client.get(PAGE, headers={"HX-Request": "true"})

    assert answer.status_code == 403
    assert b"<html" not in answer.content


def test_whom_no_provider_vouches_for_enters_by_code(
    mara: Person, halden: WorkspaceRef
) -> None:
    demand(halden, Sso.REQUIRED)
    guest = cast.person(halden, "guest@elsewhere.example")
    theirs = by(Method.CODE, guest)

    assert theirs.get("/me/").status_code == 200


def test_where_it_is_off_only_a_code_opens(mara: Person) -> None:
    demand(mara.workspace, Sso.OFF)

    answer = by(Method.SAML, mara).get(PAGE)

    assert answer.status_code == 403
    assert b'href="/code/?next=%2Fw%2Fhalden-engineering%2Fmembers%2F"' in (
        answer.content
    )
    assert by(Method.CODE, mara).get(PAGE).status_code == 200


def test_the_organizations_pages_are_as_strict_as_its_strictest_workspace(
    mara: Person,
) -> None:
    client = by(Method.CODE, mara)
    page = "/o/halden-instruments/audit/"
    assert client.get(page).status_code == 200

    demand(mara.workspace, Sso.REQUIRED)

    assert client.get(page).status_code == 403
    assert by(Method.SAML, mara).get(page).status_code == 200


def test_break_glass_opens_everything(mara: Person) -> None:
    demand(mara.workspace, Sso.REQUIRED)
    allow(mara, "198.51.100.0/24")
    client = by(Method.BREAK_GLASS, mara)

    assert client.get(PAGE).status_code == 200
    assert client.get("/o/halden-instruments/audit/").status_code == 200


def test_own_data_waits_for_the_right_session_too(mara: Person) -> None:
    client = by(Method.CODE, mara)
    demand(mara.workspace, Sso.REQUIRED)

    assert client.get("/me/").status_code == 403
    assert client.get("/me/sessions/").status_code == 200
    assert client.post("/sign-out/").status_code == 302


def test_a_stranger_still_finds_nothing(mara: Person) -> None:
    demand(mara.workspace, Sso.REQUIRED)
    cast.elsewhere()
    client = by(Method.CODE, mara)

    assert client.get("/w/brennan-office/").status_code == 404
    assert client.get("/o/brennan-foods/audit/").status_code == 404


def allow(person: Person, *networks: str) -> None:
    organization = person.workspace.organization
    with scoping.organization(organization_id=organization.id):
        Organization.objects.update(portal_networks=list(networks))


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ((), "203.0.113.9", 200),
        (("192.0.2.0/24",), "192.0.2.7", 200),
        (("192.0.2.0/24",), "203.0.113.9", 403),
        (("192.0.2.0/24", "2001:db8::/32"), "2001:db8::7", 200),
        (("192.0.2.0/24",), "2001:db8::7", 403),
        (("192.0.2.0/24",), "", 403),
    ],
)
def test_people_come_from_the_networks_of_their_organization(
    networks: tuple[str, ...], address: str, status: int, mara: Person
) -> None:
    allow(mara, *networks)
    client = by(Method.SAML, mara)

    answer = client.get(PAGE, REMOTE_ADDR=address)

    assert answer.status_code == status


def test_the_page_names_the_address_and_whom_to_ask(mara: Person) -> None:
    allow(mara, "192.0.2.0/24")

    answer = by(Method.SAML, mara).get(PAGE, REMOTE_ADDR="203.0.113.9")

    page = answer.content.decode()
    assert "You come from 203.0.113.9" in page
    assert "mara.lindqvist@halden.example" in page


def test_no_header_changes_where_somebody_comes_from(mara: Person) -> None:
    allow(mara, "192.0.2.0/24")
    spoofed: dict[str, Any] = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Real-IP": "192.0.2.7",
        "Forwarded": "for=192.0.2.7",
    }

    answer = by(Method.SAML, mara).get(PAGE, REMOTE_ADDR="203.0.113.9", headers=spoofed)

    assert answer.status_code == 403
