"""The first page: where to sign in, or where to go."""

import pytest
from django.test import Client

from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.members.models import User
from workspaces.members.services import people
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Sso
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db


def test_a_proven_domain_leads_to_its_provider(connected: OrganizationRef) -> None:
    response = Client().post(
        "/", {"email": " Anyone@HALDEN.example ", "next": "/me/?tab=1"}
    )

    page = response.content.decode()
    assert "Halden Instruments signs in with idp.example" in page
    assert (
        "/accounts/saml/halden-instruments/login/"
        "?login_hint=anyone%40halden.example&amp;next=%2Fme%2F%3Ftab%3D1"
    ) in page


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("not an address", "is no e-mail address"),
        ("", "required"),
        ("x" * 5000 + "@halden.example", "at most 254"),
    ],
)
def test_other_addresses_are_told_why(
    address: str, sentence: str, connected: OrganizationRef
) -> None:
    response = Client().post("/", {"email": address})

    assert response.status_code == 200
    assert sentence in response.content.decode()


@pytest.mark.parametrize(
    "address", ["mara@nowhere.example", "mara@labs.halden.example"]
)
def test_where_no_provider_is_known_a_code_is_asked_for(
    address: str, connected: OrganizationRef
) -> None:
    response = Client().post("/", {"email": address})

    assert response["Location"] == "/code/enter/"


@pytest.mark.parametrize(
    ("sso", "has_provider", "has_code"),
    [("optional", True, True), ("required", True, False), ("off", False, True)],
)
def test_the_page_offers_what_workspaces_accept(
    sso: str,
    has_provider: bool,
    has_code: bool,
    halden: WorkspaceRef,
    connected: OrganizationRef,
) -> None:
    tenancy.set_sso(actor=OPERATOR, workspace=halden, sso=Sso(sso), at=NOON)

    response = Client().post("/", {"email": "anyone@halden.example"})

    page = response.content.decode()
    assert ("Continue to idp.example" in page) is has_provider
    offered = "Send me a code by mail instead" in page or response.status_code == 302
    assert offered is has_code


def test_a_form_without_our_token_is_refused(connected: OrganizationRef) -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post("/", {"email": "a@halden.example"}).status_code == 403


def test_demo_people_are_offered_in_the_demo_only(db: None, settings: object) -> None:
    settings.CUSTOS_DEMO = True
    assert b"Mara Lindqvist" in Client().get("/").content

    settings.CUSTOS_DEMO = False
    assert b"Mara Lindqvist" not in Client().get("/").content


@pytest.mark.parametrize(
    ("who", "where"),
    [
        (cast.owner, "/w/halden-engineering/"),
        (cast.officer, "/w/halden-engineering/"),
        (cast.analyst, "/w/halden-engineering/"),
        (cast.member, "/me/"),
    ],
)
def test_whoever_is_signed_in_goes_to_their_first_page(
    who: object, where: str, halden: WorkspaceRef
) -> None:
    person = who(halden)

    response = person.client().get("/")

    assert (response.status_code, response["Location"]) == (302, where)


def test_an_administrator_without_workspace_goes_to_the_log(db: None) -> None:
    lone = cast.organization("lone", name="Lone", owner="solo@lone.example")
    solo = User.objects.get(email="solo@lone.example")
    client = cast.signed_in(solo, organization_id=lone.id)

    assert client.get("/")["Location"] == "/o/lone/audit/"


def test_whoever_belongs_nowhere_is_told_so(db: None) -> None:
    alone = people.ensure_person(email="alone@lone.example", at=NOON)
    client = cast.signed_in(alone, organization_id=cast.organization().id)

    response = client.get("/")

    assert response.status_code == 403
    assert b"You belong to no workspace" in response.content
