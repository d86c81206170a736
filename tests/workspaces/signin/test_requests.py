"""What we ask of the identity provider, and what may come without being asked for."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from kit import certificates, scoping
from kit.certificates import KeyPair
from tests.cast import NOON
from tests.workspaces.signin import unpacking
from tests.workspaces.signin.conftest import FORM, Visitor
from tests.workspaces.signin.provider import (
    PERSISTENT,
    Asked,
    Provider,
    encoded,
    text,
)
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    IdpCertificate,
    SamlConnection,
    SpentAssertion,
)
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db


def change(organization: OrganizationRef, **values: object) -> None:
    """Set values of the connection."""
    with scoping.organization(organization_id=organization.id):
        SamlConnection.objects.update(**values)


def request_of(visitor: Visitor, **query: str) -> etree._Element:
    """The request with which the browser is sent away."""
    response = visitor.client.get(f"{visitor.base}/login/", query)
    packed = parse_qs(urlsplit(response["Location"]).query)["SAMLRequest"][0]
    return etree.fromstring(unpacking.inflated(packed))


def test_the_request_asks_for_the_format_of_the_connection_and_no_context(
    connected: OrganizationRef, visitor: Visitor
) -> None:
    usual = request_of(visitor)
    change(connected, name_id_format=PERSISTENT)
    asking = request_of(visitor)

    assert usual.find("{*}NameIDPolicy").get("Format") is None
    assert asking.find("{*}NameIDPolicy").get("Format") == PERSISTENT
    assert asking.find("{*}RequestedAuthnContext") is None
    assert asking.get("ForceAuthn") is None
    page = visitor.client.get(f"{visitor.base}/metadata/").content.decode()
    assert f"NameIDFormat>{PERSISTENT}<" in page


@pytest.mark.parametrize(("minutes", "comes_in"), [(0, True), (-30, False)])
def test_a_sign_in_asked_for_anew_must_be_new(
    minutes: int,
    comes_in: bool,
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    asked = request_of(visitor, fresh="1")
    document = provider.answer(
        Asked(
            request_id=asked.get("ID"),
            entity_id=asked.findtext("{*}Issuer"),
            acs_url=asked.get("AssertionConsumerServiceURL"),
        ),
        at=NOON,
        authenticated=text(NOON + timedelta(minutes=minutes)),
    )

    response = visitor.bring(document)

    assert asked.get("ForceAuthn") == "true"
    assert (visitor.user_id is not None) is comes_in
    assert (b">not_fresh<" in response.content) is not comes_in


STATUSES = {
    "AuthnFailed": "idp_failed",
    "UnknownPrincipal": "idp_failed",
    "NoPassive": "idp_no_passive",
    "RequestDenied": "idp_denied",
    "InvalidNameIDPolicy": "idp_name_id_policy",
    "NoAuthnContext": "idp_context",
    "PartialLogout": "idp_refused",
}


@pytest.mark.parametrize("status", STATUSES)
def test_what_the_provider_says_went_wrong_is_said_here(
    status: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """Providers do not sign these; nothing follows from one but a sentence."""
    document = provider.answer(
        visitor.ask(),
        at=NOON,
        status="Responder",
        assertion="",
        signing={"assertion": False},
    ).replace(
        b'status:Responder"/>',
        f'status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:'
        f'status:{status}"/></samlp:StatusCode>'.encode(),
    )

    response = visitor.bring(document)

    assert f">{STATUSES[status]}<" in response.content.decode()
    assert 400 <= response.status_code < 500


# --- Started at the identity provider


def unasked(provider: Provider, visitor: Visitor, **bent: str) -> bytes:
    """An answer that names no request."""
    return provider.answer(visitor.ask(), at=NOON, irt="", response_irt="", **bent)


def test_what_nobody_asked_for_is_refused_with_a_way_in(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    response = visitor.post(unasked(provider, visitor))

    assert b">unsolicited<" in response.content
    assert f'href="{visitor.base}/login/"' in response.content.decode()


@pytest.mark.parametrize(
    ("relay_state", "onward"),
    [
        ("/w/halden-engineering/", "?next=%2Fw%2Fhalden-engineering%2F"),
        ("https://evil.example/", ""),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_where_it_is_allowed_the_browser_is_sent_to_ask(
    relay_state: str,
    onward: str,
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    """The answer itself signs nobody in: it could have been planted."""
    change(connected, allows_idp_initiated=True)
    body = unpacking.form(encoded(unasked(provider, visitor)), relay_state=relay_state)

    response = visitor.client.generic("POST", f"{visitor.base}/acs/", body, FORM)

    assert response.status_code == 303
    assert response["Location"] == f"{visitor.base}/login/{onward}"
    assert visitor.user_id is None
    assert "custos_sign_in" not in response.cookies


def test_it_is_good_for_once_and_for_five_minutes(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    change(connected, allows_idp_initiated=True)
    document = unasked(provider, visitor)
    visitor.post(document)

    again = visitor.post(document)
    old = visitor.post(
        unasked(provider, visitor, issued=text(NOON - timedelta(minutes=6)))
    )

    assert b">replayed<" in again.content
    assert b">expired<" in old.content


@pytest.mark.parametrize("side", ["irt", "response_irt"])
def test_half_an_answer_to_a_request_is_none_also_where_it_is_allowed(
    side: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    change(connected, allows_idp_initiated=True)

    response = visitor.bring(provider.answer(visitor.ask(), at=NOON, **{side: ""}))

    assert b">in_response_to<" in response.content


# --- Certificates of the other side


def trust(
    organization: OrganizationRef, pair: KeyPair, state: CertificateState
) -> None:
    """List one more certificate."""
    with scoping.organization(organization_id=organization.id):
        listed = IdpCertificate.objects.get()
        IdpCertificate.objects.create(
            organization_id=listed.organization_id,
            connection_id=listed.connection_id,
            certificate=pair.certificate,
            fingerprint=_fingerprint(pair),
            not_before=NOON - timedelta(days=900),
            not_after=NOON - timedelta(days=1),
            state=state,
            added_at=NOON,
        )


def _fingerprint(pair: KeyPair) -> str:
    return certificates.read(pair.certificate).fingerprint


def used(organization: OrganizationRef, pair: KeyPair) -> object:
    """When that certificate was needed last."""
    with scoping.organization(organization_id=organization.id):
        return IdpCertificate.objects.get(fingerprint=_fingerprint(pair)).last_used_at


def test_any_trusted_certificate_will_do_and_its_use_is_noted_by_the_hour(
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
    clock: object,
) -> None:
    """Also one that is past its date: it only carries a key, and a warning says so."""
    second = Provider(entity_id=provider.entity_id, key_name="second")
    trust(connected, second.pair, CertificateState.TRUSTED)

    visitor.bring(second.answer(visitor.ask(), at=NOON))
    first_use = used(connected, second.pair)
    clock(NOON + timedelta(minutes=30))
    visitor.bring(second.answer(visitor.ask(), at=NOON + timedelta(minutes=30)))
    soon = used(connected, second.pair)
    clock(NOON + timedelta(minutes=90))
    visitor.bring(second.answer(visitor.ask(), at=NOON + timedelta(minutes=90)))

    assert visitor.user_id
    assert (first_use, soon) == (NOON, NOON)
    assert used(connected, second.pair) == NOON + timedelta(minutes=90)
    assert used(connected, provider.pair) is None


def test_a_certificate_that_waits_for_an_admin_opens_nothing(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    second = Provider(entity_id=provider.entity_id, key_name="second")
    trust(connected, second.pair, CertificateState.PENDING)

    response = visitor.bring(second.answer(visitor.ask(), at=NOON))

    assert b">signature_wrong<" in response.content
    assert used(connected, second.pair) is None


def test_what_is_refused_notes_no_use(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, audience=""))

    assert used(connected, provider.pair) is None


# --- One use, and a connection that is not in use


def test_the_same_assertion_in_a_new_response_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON, response_id="_first")
    visitor.bring(document)

    response = Visitor().post(document.replace(b'ID="_first"', b'ID="_second"'))

    assert b">replayed<" in response.content


def test_a_new_assertion_in_the_same_response_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, response_id="_same"))

    response = visitor.post(
        provider.answer(visitor.ask(), at=NOON, response_id="_same")
    )

    assert b">replayed<" in response.content


def test_another_spelling_of_the_same_answer_is_the_same(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """Line breaks in the base64, a comment, other spaces: nothing makes it new."""
    document = provider.answer(visitor.ask(), at=NOON)
    visitor.bring(document)
    spelled = document.replace(b"<samlp:Status>", b"<!-- new --><samlp:Status >", 1)
    whole = encoded(document)
    broken = "\r\n".join(whole[n : n + 76] for n in range(0, len(whole), 76))

    answers = [visitor.post(spelled), visitor.bring_encoded(broken)]

    assert all(b">replayed<" in one.content for one in answers)


@pytest.mark.parametrize("state", [ConnectionState.DRAFT, ConnectionState.INACTIVE])
def test_a_connection_that_is_off_does_nothing(
    state: ConnectionState,
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)
    change(connected, state=state)

    answers = [
        visitor.post(document),
        visitor.client.get(f"{visitor.base}/login/"),
        visitor.client.get(f"{visitor.base}/sls/?SAMLRequest=YQ&SigAlg=a&Signature=a"),
    ]

    assert {one.status_code for one in answers} == {403}
    assert all(b">connection_off<" in one.content for one in answers)
    with scoping.organization(organization_id=connected.id):
        assert not SpentAssertion.objects.exists()


def test_an_answer_that_was_accepted_before_the_connection_went_off_ends_there(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    accepted = visitor.post(provider.answer(visitor.ask(), at=NOON))
    change(connected, state=ConnectionState.INACTIVE)

    response = visitor.client.get(accepted["Location"])

    assert b">connection_off<" in response.content
    assert visitor.user_id is None


def test_a_session_that_ended_before_the_last_step_does_not_begin(
    connected: OrganizationRef, provider: Provider, visitor: Visitor, clock: object
) -> None:
    ends = f' SessionNotOnOrAfter="{text(NOON + timedelta(seconds=30))}"'
    accepted = visitor.post(provider.answer(visitor.ask(), at=NOON, session_ends=ends))
    clock(NOON + timedelta(seconds=40))

    response = visitor.client.get(accepted["Location"])

    assert b">expired<" in response.content
    assert visitor.user_id is None


def test_an_allauth_process_other_than_signing_in_is_no_sign_in(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """Our sign-in takes no `process`; what it makes is always a sign-in."""
    asked = request_of(visitor, process="connect")

    states = visitor.client.session["socialaccount_states"]

    assert states[asked.get("ID")][0]["process"] == "login"
