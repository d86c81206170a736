"""Signing in through the organization's identity provider."""

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON
from tests.workspaces.signin.conftest import Visitor, connect, entries
from tests.workspaces.signin.provider import Asked, Provider, attributes, text
from workspaces.members import standing
from workspaces.members.models import User
from workspaces.signin.models import SpentAssertion
from workspaces.signin.services import clearing
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db


def test_a_member_comes_in_and_is_linked(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    asked = visitor.ask()

    response = visitor.bring(provider.answer(asked, at=NOON))

    mara = User.objects.get(email="mara.lindqvist@halden.example")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert visitor.user_id == mara.pk
    assert SocialAccount.objects.get(user=mara).uid == "mara-1"
    assert SocialAccount.objects.get(user=mara).extra_data == {}


def test_the_second_time_the_identity_is_enough(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    other = Visitor()

    other.bring(provider.answer(other.ask(), at=NOON, attributes=""))

    assert other.user_id == visitor.user_id


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("m@old.test", b">domain_not_proven<"),
        ("m@old.test@halden.example", b">address_form<"),
    ],
)
def test_an_address_it_may_not_name_is_refused_also_the_second_time(
    email: str,
    code: bytes,
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    other = Visitor()

    response = other.bring(
        provider.answer(other.ask(), at=NOON, attributes=attributes(email=email))
    )

    assert response.status_code == 403
    assert code in response.content
    assert other.user_id is None


def test_it_is_recorded(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    last = entries(connected)[-1]
    assert last["action"] == "workspaces.session.signed-in"
    assert last["outcome"] == "success"


def test_the_session_is_for_this_organization_and_rotated(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    asked = visitor.ask()
    before = visitor.client.session.session_key

    visitor.bring(provider.answer(asked, at=NOON))

    session = visitor.client.session
    assert session.session_key != before
    assert session[standing.ORGANIZATION] == connected.id
    assert session["custos_connection"]


def test_the_session_ends_when_the_provider_says(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    ends_at = text(NOON + timedelta(hours=1))

    visitor.bring(
        provider.answer(
            visitor.ask(), at=NOON, session_ends=f' SessionNotOnOrAfter="{ends_at}"'
        )
    )

    assert visitor.client.session.get_expiry_age() == 3600


def test_the_session_never_lasts_longer_than_ours(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    ends_at = text(NOON + timedelta(days=30))

    visitor.bring(
        provider.answer(
            visitor.ask(), at=NOON, session_ends=f' SessionNotOnOrAfter="{ends_at}"'
        )
    )

    assert visitor.client.session.get_expiry_age() == 12 * 3600


def test_a_signed_response_will_do(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    signing = {"assertion": False, "response": True}

    visitor.bring(provider.answer(visitor.ask(), at=NOON, signing=signing))

    assert visitor.user_id


def test_both_may_be_signed_and_the_clock_may_be_ahead(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    ahead = NOON + timedelta(seconds=60)

    visitor.bring(provider.answer(visitor.ask(), at=ahead, signing={"response": True}))

    assert visitor.user_id


def test_the_address_may_be_the_name_id(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    answer = provider.answer(
        visitor.ask(),
        at=NOON,
        attributes="",
        name_id="Mara.Lindqvist@HALDEN.example",
        name_id_format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    )

    visitor.bring(answer)

    assert visitor.user_id


def test_a_long_name_id_is_kept_by_its_hash(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, name_id="x" * 255))

    assert SocialAccount.objects.get().uid.startswith("sha256:")


def test_the_path_asked_for_follows_and_relay_state_never_does(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    asked = visitor.ask(next="/w/halden-engineering/holds/")

    response = visitor.bring(provider.answer(asked, at=NOON))

    assert response["Location"] == "/w/halden-engineering/holds/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "x" * 600]
)
def test_a_path_that_leaves_the_site_is_dropped(
    connected: OrganizationRef, provider: Provider, visitor: Visitor, target: str
) -> None:
    asked = visitor.ask(next=target)

    response = visitor.bring(provider.answer(asked, at=NOON))

    assert response["Location"] == "/"


def test_the_request_names_our_configured_addresses_whatever_host_is_claimed(
    connected: OrganizationRef, visitor: Visitor, settings: object
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    visitor.client.defaults["HTTP_HOST"] = "evil.example"

    asked = visitor.ask()

    base = f"{settings.CUSTOS_BASE_URL}/accounts/saml/halden-instruments"
    assert asked.acs_url == f"{base}/acs/"
    assert asked.entity_id == f"{base}/metadata/"


def test_the_login_hint_travels_beside_the_request(
    connected: OrganizationRef, visitor: Visitor
) -> None:
    url = f"{visitor.base}/login/"

    good = visitor.client.get(url, {"login_hint": "Jun@Halden.example"})
    bad = visitor.client.get(url, {"login_hint": '"><script>'})

    assert good["Location"].endswith("&login_hint=jun%40halden.example")
    assert "login_hint" not in bad["Location"]


def test_an_administrator_without_membership_comes_in(
    connected: OrganizationRef, halden: WorkspaceRef, provider: Provider
) -> None:
    other = cast.organization("lone", name="Lone", owner="solo@lone.example")
    lone = Provider(entity_id="https://idp.example/lone")
    connect(other, lone, domain="lone.example")
    visitor = Visitor(slug="lone")

    visitor.bring(
        lone.answer(
            visitor.ask(), at=NOON, attributes=attributes(email="solo@lone.example")
        )
    )

    assert visitor.user_id


def test_only_hashes_of_used_ids_are_kept_and_only_until_they_expire(
    connected: OrganizationRef, provider: Provider, visitor: Visitor, clock: object
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    later = NOON + timedelta(hours=1)
    clock(later)

    visitor.bring(provider.answer(visitor.ask(), at=later))
    clearing.clear_expired(at=later)

    with scoping.organization(organization_id=connected.id):
        assert SpentAssertion.objects.count() == 2


def test_metadata_tells_our_side(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    response = Client().get(f"{visitor.base}/metadata/")

    assert response["Content-Type"] == "application/samlmetadata+xml"
    asked: Asked = visitor.ask()
    assert asked.acs_url in response.content.decode()
    assert asked.entity_id in response.content.decode()


def test_an_unknown_connection_is_not_found(connected: OrganizationRef) -> None:
    client = Client()

    for page in ("login", "acs", "finish", "metadata", "sls"):
        assert client.get(f"/accounts/saml/nobody/{page}/").status_code == 404


def test_signing_out_ends_the_session_and_is_recorded(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    response = visitor.client.post("/sign-out/")

    assert response["Location"] == "/"
    assert visitor.user_id is None
    assert entries(connected)[-1]["action"] == "workspaces.session.signed-out"


def test_signing_out_needs_a_post(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert visitor.client.get("/sign-out/").status_code == 405
    assert visitor.user_id
