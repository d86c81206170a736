"""Signing out in both directions: here at the provider's wish, and there at ours."""

import base64
import re
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON
from tests.workspaces.signin import signing_out
from tests.workspaces.signin.conftest import FORM, Visitor, connect, entries
from tests.workspaces.signin.provider import DS, Provider, key_pair, signed, text
from tests.workspaces.signin.signing_out import SAML, SLO_URL, index
from workspaces.signin.models import (
    IdpCertificate,
    SamlConnection,
    SignInSession,
    SpentAssertion,
)
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db
HOME = "/me/"


@pytest.fixture(autouse=True)
def _offers_sign_out(connected: OrganizationRef) -> None:
    """Halden's provider has an address for sign-out."""
    with scoping.organization(organization_id=connected.id):
        SamlConnection.objects.update(slo_url=SLO_URL)


@pytest.fixture
def sls(settings: Any) -> str:
    """Our address for sign-out messages of Halden."""
    return f"{settings.CUSTOS_BASE_URL}/accounts/saml/halden-instruments/sls/"


def come_in(provider: Provider, *, session: str = "", **bent: Any) -> Visitor:
    """A browser in which Mara has signed in."""
    visitor = Visitor()
    more = f' SessionIndex="{session}"' if session else ""
    visitor.bring(provider.answer(visitor.ask(), at=NOON, session_ends=more, **bent))
    assert visitor.user_id
    return visitor


def is_in(visitor: Visitor) -> bool:
    """Whether the browser still gets a page."""
    return visitor.client.get(HOME).status_code == 200


def send(query: str, *, client: Client | None = None) -> HttpResponse:
    """By a redirect; without any cookie unless a browser is given."""
    path = "/accounts/saml/halden-instruments/sls/"
    return (client or Client()).get(f"{path}?{query}")


def post(body: str) -> HttpResponse:
    """By a form from elsewhere, so without a cookie."""
    path = "/accounts/saml/halden-instruments/sls/"
    return Client().generic("POST", path, body, FORM)


def codes(response: HttpResponse) -> list[str]:
    """The words of the page that could be a reason."""
    return re.findall(r">([a-z]+(?:_[a-z0-9]+)*)<", response.content.decode())


# --- At their wish


def test_a_signed_request_ends_the_session_and_is_answered(
    provider: Provider, sls: str
) -> None:
    visitor = come_in(provider)
    document = signing_out.request(provider, sls, at=NOON, id="_r1")

    response = send(
        signing_out.query(document, provider.pair, relay_state="https://evil.example/"),
        client=visitor.client,
    )

    root, fields = signing_out.answered(response["Location"])
    assert response.status_code == 303
    assert response["Location"].startswith(f"{SLO_URL}?SAMLResponse=")
    assert root.get("InResponseTo") == "_r1"
    assert root.get("Destination") == SLO_URL
    assert fields["RelayState"] == quote("https://evil.example/", safe="")
    assert signing_out.is_signed_by(fields, key_pair("portal").pem_certificate)
    assert not is_in(visitor)


def test_it_needs_no_cookie_and_is_recorded(
    connected: OrganizationRef, provider: Provider, sls: str
) -> None:
    first, second = come_in(provider), come_in(provider)
    document = signing_out.request(provider, sls, at=NOON)

    response = post(signing_out.form(document, provider.pair))

    assert response.status_code == 303
    assert not is_in(first)
    assert not is_in(second)
    assert entries(connected)[-1]["action"] == "workspaces.session.ended"


def test_only_the_session_that_is_named_ends(provider: Provider, sls: str) -> None:
    first = come_in(provider, session="s1")
    second = come_in(provider, session="s2")
    document = signing_out.request(provider, sls, at=NOON, indexes=index("s2"))

    send(signing_out.query(document, provider.pair))

    assert (is_in(first), is_in(second)) == (True, False)


def test_somebody_elses_name_ends_nothing_of_mine(provider: Provider, sls: str) -> None:
    """Also in my own browser, which brings the message."""
    visitor = come_in(provider)
    document = signing_out.request(provider, sls, at=NOON, name_id="jun-1")

    response = send(signing_out.query(document, provider.pair), client=visitor.client)

    assert response.status_code == 303
    assert is_in(visitor)


def test_a_provider_without_an_address_for_answers_is_obeyed_all_the_same(
    connected: OrganizationRef, provider: Provider, sls: str
) -> None:
    visitor = come_in(provider)
    with scoping.organization(organization_id=connected.id):
        SamlConnection.objects.update(slo_url="")

    response = send(
        signing_out.query(signing_out.request(provider, sls, at=NOON), provider.pair)
    )

    assert response["Location"] == "/"
    assert not is_in(visitor)


def test_the_certificate_that_was_needed_is_noted(
    connected: OrganizationRef, provider: Provider, sls: str
) -> None:
    send(signing_out.query(signing_out.request(provider, sls, at=NOON), provider.pair))

    with scoping.organization(organization_id=connected.id):
        assert IdpCertificate.objects.get().last_used_at == NOON


# --- What must end nobody's session


def _edited(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(document: bytes) -> bytes:
        assert old.encode() in document
        return document.replace(old.encode(), new.encode(), 1)

    return change


BENT: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"issuer": "https://other.example/"}, "issuer"),
    "no destination": ({"destination": ""}, "destination"),
    "a destination that begins with ours": (
        {"destination": ' Destination="{sls}evil"'},
        "destination",
    ),
    "the answer's address as destination": (
        {"destination": ' Destination="{acs}"'},
        "destination",
    ),
    "ended an hour ago": (
        {"ends": f' NotOnOrAfter="{text(NOON - timedelta(hours=1))}"'},
        "expired",
    ),
    "no end, and an hour old": (
        {"ends": "", "issued": text(NOON - timedelta(hours=1))},
        "expired",
    ),
    "valid for two days": (
        {"ends": f' NotOnOrAfter="{text(NOON + timedelta(days=2))}"'},
        "lives_too_long",
    ),
    "of tomorrow": ({"issued": text(NOON + timedelta(days=1))}, "not_yet"),
    "no name": ({"name_id": ""}, "name_id"),
    "a name of another portal": (
        {"qualifier": ' SPNameQualifier="https://other.example/"'},
        "name_id",
    ),
    "a name of 256 characters": ({"name_id": "x" * 256}, "name_id"),
    "many indexes": ({"indexes": index(*map(str, range(101)))}, "too_complex"),
    "an unknown element": ({"indexes": '<x xmlns="urn:x"/>'}, "invalid"),
    "a name in a name": ({"name_id": "mara-1<b/>"}, "invalid"),
    "an id of 300 characters": ({"id": "_" + "x" * 300}, "invalid"),
    "a time that is none": ({"issued": "yesterday"}, "invalid"),
    "the first day of all, seen from the east": (
        {"issued": "0001-01-01T00:00:00+14:00"},
        "invalid",
    ),
    "without an end": (
        {"ends": ' NotOnOrAfter="9999-12-31T23:59:59Z"'},
        "lives_too_long",
    ),
}


@pytest.mark.parametrize("way", ["redirect", "form"])
def test_a_bent_request_ends_nothing(way: str, provider: Provider, sls: str) -> None:
    visitor = come_in(provider)
    wrong = {}
    for name, (bent, code) in BENT.items():
        cache.clear()
        fitted = {
            key: value.replace("{sls}", sls).replace(
                "{acs}", sls.replace("/sls/", "/acs/")
            )
            for key, value in bent.items()
        }
        document = signing_out.request(provider, sls, at=NOON, **fitted)
        response = (
            send(signing_out.query(document, provider.pair))
            if way == "redirect"
            else post(signing_out.form(document, provider.pair))
        )
        if code not in codes(response) or not 400 <= response.status_code < 500:
            wrong[name] = (response.status_code, codes(response))

    assert wrong == {}
    assert is_in(visitor)
    document = signing_out.request(provider, sls, at=NOON)
    send(signing_out.query(document, provider.pair))  # the control
    assert not is_in(visitor)


_SHA1 = f"{DS}rsa-sha1"
_TRANSFORM = f'<ds:Transform xmlns:ds="{DS}" Algorithm='


def _queries(provider: Provider, sls: str) -> dict[str, tuple[str, str]]:
    """What comes by redirect with a signature that does not hold."""
    stranger = key_pair("stranger")
    document = signing_out.request(provider, sls, at=NOON)
    good = signing_out.query(document, provider.pair, relay_state="a")
    other = signing_out.packed(signing_out.request(provider, sls, at=NOON))
    bomb = zlib.compressobj(wbits=-15)
    large = bomb.compress(b"<a>" + b" " * 5_000_000 + b"</a>") + bomb.flush()
    enveloped = signed(document, provider.pair)
    plain = base64.b64encode(document).decode()
    return {
        "unsigned": (signing_out.query(document, None), "unsigned"),
        "unsigned but inside": (signing_out.query(enveloped, None), "unsigned"),
        "a stranger's": (signing_out.query(document, stranger), "signature_wrong"),
        "sha-1": (
            signing_out.query(document, provider.pair, algorithm=_SHA1),
            "signature_algorithm",
        ),
        "hmac by name": (
            good.replace("rsa-sha256", "hmac-sha256"),
            "signature_algorithm",
        ),
        "another algorithm": (
            good.replace("rsa-sha256", "rsa-sha512"),
            "signature_wrong",
        ),
        "another relay state": (good.replace("=a&", "=b&"), "signature_wrong"),
        "no relay state": (good.replace("RelayState=a&", ""), "signature_wrong"),
        "another message": (
            re.sub("SAMLRequest=[^&]*", f"SAMLRequest={quote(other, safe='')}", good),
            "signature_wrong",
        ),
        "the message twice": (f"{good}&SAMLRequest=YQ", "wrong_encoding"),
        "the signature twice": (f"{good}&Signature=YQ", "wrong_encoding"),
        "a name in disguise": (f"{good}&%53igAlg=YQ", "wrong_encoding"),
        "request and response": (f"{good}&SAMLResponse=YQ", "wrong_encoding"),
        "a request as a response": (
            signing_out.query(document, provider.pair, name="SAMLResponse"),
            "not_a_logout",
        ),
        "an answer of sign-in": (
            signing_out.query(b'<p:Response xmlns:p="x"/>', provider.pair),
            "not_a_logout",
        ),
        "nothing": ("", "logout_empty"),
        "no message": ("a=b", "logout_empty"),
        "another packing": (f"{good}&SAMLEncoding=urn:x", "wrong_encoding"),
        "not packed": (
            f"SAMLRequest={quote(plain, safe='')}&SigAlg=a&Signature=a",
            "not_base64",
        ),
        "not base64": ("SAMLRequest=***&SigAlg=a&Signature=a", "not_base64"),
        "a bomb": (
            f"SAMLRequest={quote(base64.b64encode(large).decode(), safe='')}"
            "&SigAlg=a&Signature=a",
            "too_large",
        ),
        "a document type": (
            signing_out.query(b"<!DOCTYPE a><a/>", provider.pair),
            "has_dtd",
        ),
        "not xml": (signing_out.query(b"hello", provider.pair), "not_xml"),
        "a long relay state": (
            signing_out.query(document, provider.pair, relay_state="x" * 1001),
            "too_large",
        ),
        "a long query": (f"a={'x' * 70_000}", "too_large"),
        "many fields": ("&".join(f"a{n}=1" for n in range(20)), "wrong_encoding"),
        "bytes beyond ascii": ("SAMLRequest=\xff", "wrong_encoding"),
    }


def test_a_query_that_nobody_signed_ends_nothing(provider: Provider, sls: str) -> None:
    visitor = come_in(provider)
    wrong = {}
    for name, (query, code) in _queries(provider, sls).items():
        cache.clear()
        path = "/accounts/saml/halden-instruments/sls/"
        response = visitor.client.generic("GET", path, QUERY_STRING=query)
        if code not in codes(response) or not 400 <= response.status_code < 500:
            wrong[name] = (response.status_code, codes(response))

    assert wrong == {}
    assert is_in(visitor)


def _forms(provider: Provider, sls: str) -> dict[str, tuple[str, str]]:
    stranger = key_pair("stranger")
    document = signing_out.request(provider, sls, at=NOON)
    whole = signed(document, provider.pair).decode()
    start = whole.index("<ds:Signature")
    end = whole.index("</ds:Signature>") + len("</ds:Signature>")
    signature, bare = whole[start:end], whole[:start] + whole[end:]
    evil = signing_out.request(provider, sls, at=NOON, name_id="jun-1").decode()
    xslt = f'{_TRANSFORM}"http://www.w3.org/TR/1999/REC-xslt-19991116"/><ds:Transform '

    def form(text_: str) -> str:
        return signing_out.form(text_.encode(), None)

    return {
        "unsigned": (form(document.decode()), "unsigned"),
        "a stranger's": (signing_out.form(document, stranger), "signature_wrong"),
        "a changed name": (form(whole.replace("mara-1", "jun-1")), "signature_wrong"),
        "two signatures": (
            form(whole[:end] + signature + whole[end:]),
            "signature_form",
        ),
        "a transform that computes": (
            form(whole.replace("<ds:Transform ", xslt, 1)),
            "signature_form",
        ),
        "sha-1": (
            form(whole.replace("#rsa-sha256", "#rsa-sha1")),
            "signature_algorithm",
        ),
        "the signed request inside a forged one": (
            form(evil.replace("</samlp:", f"{whole}</samlp:")),
            "signature_form",
        ),
        "the signature of another request": (
            form(
                evil.replace("</saml:Issuer>", f"</saml:Issuer>{signature}")
                if "ds:" in signature
                else evil
            ),
            "signature_form",
        ),
        "the signed request as an object": (
            form(
                evil.replace(
                    "</saml:Issuer>",
                    "</saml:Issuer>"
                    + signature.replace(
                        "</ds:Signature>",
                        f"<ds:Object>{bare}</ds:Object></ds:Signature>",
                    ),
                )
            ),
            "signature_form",
        ),
        "the same id twice": (
            form(whole.replace("<saml:NameID ", '<saml:NameID ID="_same" ID2="" ')),
            "signature_wrong",
        ),
        "an encrypted name": (
            signing_out.form(
                re.sub(
                    b"<saml:NameID.*</saml:NameID>",
                    b"<saml:EncryptedID/>",
                    document,
                    flags=re.S,
                ),
                provider.pair,
            ),
            "invalid",
        ),
        "a request of attributes": (
            form(whole.replace("LogoutRequest", "AttributeQuery")),
            "not_a_logout",
        ),
        "not xml": (form("hello"), "not_xml"),
        "a document type": (form(f"<!DOCTYPE a>{document.decode()}"), "has_dtd"),
    }


def test_a_form_that_nobody_signed_ends_nothing(provider: Provider, sls: str) -> None:
    visitor = come_in(provider)
    wrong = {}
    for name, (body, code) in _forms(provider, sls).items():
        cache.clear()
        response = post(body)
        if code not in codes(response) or not 400 <= response.status_code < 500:
            wrong[name] = (response.status_code, codes(response))

    assert wrong == {}
    assert is_in(visitor)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(method: str) -> None:
    response = Client().generic(method, "/accounts/saml/halden-instruments/sls/")

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"


def test_a_request_is_good_for_once(provider: Provider, sls: str) -> None:
    query = signing_out.query(
        signing_out.request(provider, sls, at=NOON), provider.pair
    )
    send(query)
    visitor = come_in(provider)

    response = send(query)

    assert "replayed" in codes(response)
    assert is_in(visitor)


def test_another_tenants_provider_ends_nothing_of_ours(
    connected: OrganizationRef, provider: Provider, sls: str
) -> None:
    """Neither at our address, nor at theirs with an equal name."""
    visitor = come_in(provider)
    rival = Provider(entity_id="https://idp.example/brennan", key_name="rival")
    theirs = cast.elsewhere().organization
    connect(theirs, rival, domain="brennan.example")
    their_sls = sls.replace("halden-instruments", theirs.slug)
    at_ours = signing_out.request(rival, sls, at=NOON)
    at_theirs = signing_out.request(rival, their_sls, at=NOON)

    refused = send(signing_out.query(at_ours, rival.pair))
    answered = Client().get(
        f"/accounts/saml/{theirs.slug}/sls/?{signing_out.query(at_theirs, rival.pair)}"
    )

    assert "signature_wrong" in codes(refused)
    assert answered.status_code == 303
    assert is_in(visitor)


def test_anonymous_messages_store_nothing(
    connected: OrganizationRef, provider: Provider, sls: str
) -> None:
    document = signing_out.request(provider, sls, at=NOON)
    queries = [
        signing_out.query(document, None),
        signing_out.query(document, key_pair("stranger")),
        "a=b",
    ]
    before = (Session.objects.count(), len(entries(connected)))

    for number in range(60):
        send(queries[number % len(queries)])

    assert Session.objects.count() == before[0]
    assert len(entries(connected)) <= before[1] + len(queries)
    with scoping.organization(organization_id=connected.id):
        assert not SpentAssertion.objects.exists()


# --- There at our wish


def sign_out(visitor: Visitor) -> HttpResponse:
    """Press the button."""
    return visitor.client.post("/sign-out/")


def _offered(response: HttpResponse) -> str:
    found = re.search(rf'href="({re.escape(SLO_URL)}[^"]+)"', response.content.decode())
    assert found, response.content
    return found[1].replace("&amp;", "&")


def test_signing_out_ends_the_session_here_and_offers_to_end_it_there(
    connected: OrganizationRef, provider: Provider
) -> None:
    visitor = come_in(
        provider, session="s1", qualifier=' NameQualifier="https://q.example/"'
    )

    response = sign_out(visitor)

    root, fields = signing_out.answered(_offered(response))
    name_id = root.find(f"{{{SAML}}}NameID")
    assert visitor.user_id is None
    assert (name_id.text, name_id.get("NameQualifier")) == (
        "mara-1",
        "https://q.example/",
    )
    assert root.findtext("{*}SessionIndex") == "s1"
    assert signing_out.is_signed_by(fields, key_pair("portal").pem_certificate)
    with scoping.organization(organization_id=connected.id):
        assert not SignInSession.objects.filter(ended_at=None).exists()


def test_the_answer_to_it_is_taken_once(provider: Provider, sls: str) -> None:
    visitor = come_in(provider)
    asked, _ = signing_out.answered(_offered(sign_out(visitor)))
    irt = f' InResponseTo="{asked.get("ID")}"'

    def answer() -> HttpResponse:
        document = signing_out.response(provider, sls, at=NOON, irt=irt)
        return send(
            signing_out.query(document, provider.pair, name="SAMLResponse"),
            client=visitor.client,
        )

    first, second = answer(), answer()

    assert (first.status_code, first["Location"]) == (303, "/")
    assert "logout_unknown" in codes(second)


@pytest.mark.parametrize(
    ("irt", "status", "code"),
    [
        ("", "Success", "logout_unknown"),
        (' InResponseTo="_other"', "Success", "logout_unknown"),
        (' InResponseTo="{asked}"', "Responder", "logout_incomplete"),
    ],
)
def test_an_answer_that_is_none_is_refused(
    irt: str, status: str, code: str, provider: Provider, sls: str
) -> None:
    visitor = come_in(provider)
    asked, _ = signing_out.answered(_offered(sign_out(visitor)))
    document = signing_out.response(
        provider,
        sls,
        at=NOON,
        irt=irt.replace("{asked}", asked.get("ID")),
        status=status,
    )

    response = send(signing_out.query(document, provider.pair, name="SAMLResponse"))

    assert code in codes(response)
    assert response.status_code == 400


def test_an_unsigned_answer_leaves_the_request_open(
    provider: Provider, sls: str
) -> None:
    visitor = come_in(provider)
    asked, _ = signing_out.answered(_offered(sign_out(visitor)))
    document = signing_out.response(
        provider, sls, at=NOON, irt=f' InResponseTo="{asked.get("ID")}"'
    )

    refused = send(signing_out.query(document, None, name="SAMLResponse"))
    taken = send(signing_out.query(document, provider.pair, name="SAMLResponse"))

    assert "unsigned" in codes(refused)
    assert taken.status_code == 303


def test_without_an_address_there_it_is_only_here(
    connected: OrganizationRef, provider: Provider
) -> None:
    visitor = come_in(provider)
    with scoping.organization(organization_id=connected.id):
        SamlConnection.objects.update(slo_url="")

    response = sign_out(visitor)

    assert response["Location"] == "/"
    assert visitor.user_id is None


def test_metadata_names_both_ways_to_sign_out(sls: str) -> None:
    page = Client().get("/accounts/saml/halden-instruments/metadata/").content.decode()

    assert page.count(f'Location="{sls}"') == 2
