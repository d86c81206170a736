"""Answers of an identity provider that must not sign anybody in.

Each case bends one thing of the answer that test_sign_in proves to be accepted.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import xmlsec
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client

from kit import scoping
from tests.cast import NOON
from tests.workspaces.signin import unpacking
from tests.workspaces.signin.conftest import FORM, Visitor, entries
from tests.workspaces.signin.provider import (
    PERSISTENT,
    Provider,
    attributes,
    audience,
    encoded,
    text,
    with_transform,
)
from workspaces.signin.models import SpentAssertion
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db

TRANSFORM = '<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm='
XSLT = (
    f'{TRANSFORM}"http://www.w3.org/TR/1999/REC-xslt-19991116">'
    '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<x:template match="/"><x:value-of select="."/></x:template></x:stylesheet>'
    "</ds:Transform>"
)
XPATH = (
    f'{TRANSFORM}"http://www.w3.org/TR/1999/REC-xpath-19991116">'
    "<ds:XPath>count(//*//*//*) &gt; 0</ds:XPath></ds:Transform>"
)
_LATE = NOON - timedelta(hours=1)
_SOON = NOON + timedelta(minutes=10)


def _ends(minutes: float) -> str:
    return f' NotOnOrAfter="{text(NOON + timedelta(minutes=minutes))}"'


BENT: dict[str, tuple[dict[str, Any], str]] = {
    "unsigned": ({"signing": {"assertion": False}}, "unsigned"),
    "rsa with sha-1": (
        {"signing": {"method": xmlsec.Transform.RSA_SHA1}},
        "signature_algorithm",
    ),
    "digest of sha-1": (
        {"signing": {"digest": xmlsec.Transform.SHA1}},
        "signature_algorithm",
    ),
    "digest of md5": (
        {"signing": {"digest": xmlsec.Transform.MD5}},
        "signature_algorithm",
    ),
    "reference to the whole document": ({"signing": {"uri": ""}}, "signature_form"),
    "canonicalization with comments": (
        {"signing": {"transforms": (xmlsec.Transform.EXCL_C14N_COMMENTS,)}},
        "signature_form",
    ),
    "status is not success": ({"status": "Responder"}, "idp_refused"),
    "another issuer": ({"issuer": "https://other.example/"}, "issuer"),
    "no audience": ({"audience": ""}, "audience"),
    "another audience": ({"audience": audience("https://other.example/")}, "audience"),
    "one audience restriction of two is another": (
        {"audience": "{ours}" + audience("https://other.example/")},
        "audience",
    ),
    "no recipient": ({"recipient": ""}, "recipient"),
    "a recipient that contains ours": (
        {"recipient": ' Recipient="https://evil.example/?x={acs}"'},
        "recipient",
    ),
    "no destination": ({"destination": ""}, "destination"),
    "an empty destination": ({"destination": ' Destination=""'}, "destination"),
    "a destination that begins with ours": (
        {"destination": ' Destination="{acs}evil"'},
        "destination",
    ),
    "the confirmation names no request": ({"irt": ""}, "in_response_to"),
    "the response names no request": ({"response_irt": ""}, "in_response_to"),
    "response and confirmation name different requests": (
        {"irt": ' InResponseTo="_other"'},
        "invalid",
    ),
    "both name a request that was never made": (
        {"irt": ' InResponseTo="_x"', "response_irt": ' InResponseTo="_x"'},
        "other_browser",
    ),
    "no end of the confirmation": ({"ends": ""}, "no_end"),
    "the confirmation has ended": ({"ends": _ends(-1)}, "invalid"),
    "valid for two days": ({"ends": _ends(2880)}, "lives_too_long"),
    "a NotBefore in the confirmation": (
        {"scd_begins": f' NotBefore="{text(NOON)}"'},
        "not_before",
    ),
    "the conditions have ended": ({"until": text(_LATE)}, "expired"),
    "the conditions ended two minutes ago": (
        {"until": text(NOON - timedelta(minutes=2))},
        "expired",
    ),
    "the conditions begin later": ({"begins": text(_SOON)}, "not_yet"),
    "issued in two minutes": ({"issued": text(NOON + timedelta(minutes=2))}, "not_yet"),
    "not a bearer confirmation": (
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"},
        "invalid",
    ),
    "the session has ended already": (
        {"session_ends": f' SessionNotOnOrAfter="{text(_LATE)}"'},
        "expired",
    ),
    "an empty name id": ({"name_id": ""}, "name_id"),
    "a name id of 256 characters": ({"name_id": "x" * 256}, "too_long"),
    "a transient name id": (
        {"name_id_format": PERSISTENT.replace("persistent", "transient")},
        "name_id_transient",
    ),
    "a name qualifier of another portal": (
        {"qualifier": ' SPNameQualifier="https://other.example/"'},
        "name_id",
    ),
    "an address of 300 characters": (
        {"attributes": attributes(email=f"{'m' * 300}@halden.example")},
        "too_long",
    ),
    "no address": ({"attributes": ""}, "address_missing"),
    "an address with two @": (
        {"attributes": attributes(email="mara@halden.example@halden.example")},
        "address_form",
    ),
    "a quoted address": (
        {"attributes": attributes(email='"mara lindqvist"@halden.example')},
        "address_form",
    ),
    "a look-alike letter": (
        {"attributes": attributes(email="m\u0430ra.lindqvist@halden.example")},
        "address_form",
    ),
    "an address outside the proven domains": (
        {"attributes": attributes(email="mara@lindqvist.example")},
        "domain_not_proven",
    ),
    "a subdomain of the proven domain": (
        {"attributes": attributes(email="mara@labs.halden.example")},
        "domain_not_proven",
    ),
    "nobody we know": (
        {"attributes": attributes(email="new.person@halden.example")},
        "not_a_member",
    ),
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_answer_is_refused(
    name: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    bent, code = BENT[name]
    asked = visitor.ask()
    fitted = {
        key: value.replace("{acs}", asked.acs_url).replace(
            "{ours}", audience(asked.entity_id)
        )
        if isinstance(value, str)
        else value
        for key, value in bent.items()
    }

    response = visitor.bring(provider.answer(asked, at=NOON, **fitted))

    assert f">{code}<" in response.content.decode()
    assert 400 <= response.status_code < 500
    assert visitor.user_id is None


@pytest.mark.parametrize("transform", [XSLT, XPATH], ids=["xslt", "xpath"])
def test_a_transform_that_computes_is_refused_before_it_runs(
    transform: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)

    response = visitor.bring(with_transform(document, transform))

    assert b">signature_form<" in response.content


def test_the_wrong_key_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    stranger = Provider(entity_id=provider.entity_id, key_name="stranger")

    response = visitor.bring(stranger.answer(visitor.ask(), at=NOON))

    assert b">signature_wrong<" in response.content


def test_a_changed_value_breaks_the_signature(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)

    response = visitor.bring(document.replace(b"mara-1", b"mara-2"))

    assert b">signature_wrong<" in response.content


def test_a_comment_inside_the_name_hides_nothing(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON, name_id="mara-1.evil")

    response = visitor.bring(document.replace(b"mara-1.evil", b"mara-1<!--x-->.evil"))

    assert visitor.user_id is None or b"mara-1" not in response.content


def test_an_answer_is_good_for_one_use(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)
    visitor.bring(document)
    again = Visitor()

    response = again.bring(document)

    assert b">replayed<" in response.content
    assert again.user_id is None


def test_the_last_step_works_once(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    accepted = visitor.post(provider.answer(visitor.ask(), at=NOON))
    token = accepted.cookies["custos_sign_in"].value
    visitor.client.get(accepted["Location"])
    visitor.client.cookies["custos_sign_in"] = token

    response = visitor.client.get(accepted["Location"])

    assert b">finish_expired<" in response.content


def test_an_answer_in_another_browser_signs_nobody_in(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """An attacker's own answer, planted in the victim's browser."""
    victim = Visitor()

    response = victim.bring(provider.answer(visitor.ask(), at=NOON))

    assert b">other_browser<" in response.content
    assert victim.user_id is None


def test_the_ticket_of_the_last_step_is_bound_to_its_path(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    accepted = visitor.post(provider.answer(visitor.ask(), at=NOON))

    cookie = accepted.cookies["custos_sign_in"]
    assert accepted.status_code == 303
    assert cookie["path"] == f"{visitor.base}/finish/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_second_assertion_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    asked = visitor.ask()
    document = provider.answer(asked, at=NOON).decode()
    forged = provider.answer(asked, at=NOON, signing={"assertion": False}).decode()
    start = forged.index("<saml:Assertion")
    end = forged.index("</saml:Assertion>") + len("</saml:Assertion>")
    doubled = document.replace("<saml:Assertion", forged[start:end] + "<saml:Assertion")

    response = visitor.bring(doubled.encode())

    assert b">invalid<" in response.content


def test_the_same_id_twice_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    response = visitor.bring(
        provider.answer(
            visitor.ask(), at=NOON, response_id="_same", assertion_id="_same"
        )
    )

    assert b">duplicate_id<" in response.content


def test_an_encrypted_assertion_is_refused_with_its_reason(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    hidden = "<saml:EncryptedAssertion/>"

    response = visitor.bring(
        provider.answer(
            visitor.ask(), at=NOON, assertion=hidden, signing={"assertion": False}
        )
    )

    assert b">encrypted<" in response.content


_DTD = b'<!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'
_RAW: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not_xml"),
    "not xml": (b"hello", "not_xml"),
    "zero bytes": (b"\x00" * 40, "not_xml"),
    "utf-16": ("<r/>".encode("utf-16"), "not_xml"),
    "another declared encoding": (
        b'<?xml version="1.0" encoding="ISO-8859-1"?><r/>',
        "not_xml",
    ),
    "bad utf-8": (b"<r>\xff\xfe</r>", "not_xml"),
    "a document type": (_DTD, "has_dtd"),
    "deep nesting": (b"<a>" * 200 + b"</a>" * 200, "too_complex"),
    "deeper than the parser": (b"<a>" * 9000 + b"</a>" * 9000, "not_xml"),
    "many nodes": (b"<a>" + b"<b/>" * 9000 + b"</a>", "too_complex"),
    "too large": (b"<a>" + b"x" * 262_144 + b"</a>", "too_large"),
    "another element": (b"<r/>", "not_a_response"),
    "a bare response": (
        b'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        "invalid",
    ),
}


@pytest.mark.parametrize("name", _RAW)
def test_garbage_is_refused(
    name: str, connected: OrganizationRef, visitor: Visitor
) -> None:
    document, code = _RAW[name]

    response = visitor.post(document)

    assert f">{code}<" in response.content.decode()
    assert 400 <= response.status_code < 500


_BODIES: dict[str, tuple[str | bytes, str, str]] = {
    "no field": ("x=1", FORM, "wrong_encoding"),
    "two answers": ("SAMLResponse=YQ&SAMLResponse=YQ", FORM, "wrong_encoding"),
    "many fields": ("&".join(f"a{n}=1" for n in range(50)), FORM, "wrong_encoding"),
    "foreign characters in base64": ("SAMLResponse=PH*I-", FORM, "not_base64"),
    "bytes that are no text": (b"\xff\xfe=1", FORM, "wrong_encoding"),
    "json": ("{}", "application/json", "wrong_encoding"),
    "multipart": ("--x--", "multipart/form-data; boundary=x", "wrong_encoding"),
    "an invented charset": ("SAMLResponse=!", f"{FORM}; charset=utf-77", "not_base64"),
    "over the limit of a body": ("a=" + "x" * 600_000, FORM, "too_large"),
}


@pytest.mark.parametrize("name", _BODIES)
def test_a_malformed_post_is_refused(
    name: str, connected: OrganizationRef, visitor: Visitor
) -> None:
    body, kind, code = _BODIES[name]

    response = Client().generic("POST", f"{visitor.base}/acs/", body, kind)

    assert f">{code}<" in response.content.decode()
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("length", ["many", "-1", "9" * 400])
def test_a_malformed_length_is_refused(
    length: str, connected: OrganizationRef, visitor: Visitor
) -> None:
    response = Client().generic(
        "POST", f"{visitor.base}/acs/", "a=b", FORM, CONTENT_LENGTH=length
    )

    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_posts_are_received(
    method: str, connected: OrganizationRef, visitor: Visitor
) -> None:
    response = Client().generic(method, f"{visitor.base}/acs/")

    assert response.status_code == 405
    assert response["Allow"] == "POST"


def test_a_refusal_is_recorded_under_its_reference(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, audience=""))

    last = entries(connected)[-1]
    assert (last["action"], last["outcome"]) == (
        "workspaces.session.signed-in",
        "refused",
    )
    assert {"detail.code", "detail.reference"} <= set(last["commit"])


def test_the_same_refusal_from_the_same_source_is_recorded_once_a_minute(
    connected: OrganizationRef, visitor: Visitor
) -> None:
    first = visitor.post(b"garbage")
    before = len(entries(connected))

    second = visitor.post(b"garbage")

    assert len(entries(connected)) == before
    assert _reference(first) == _reference(second)  # the recorded one


def _reference(response: HttpResponse) -> str:
    found = re.search(r">([2-9B-Z]{8})<", response.content.decode())
    assert found
    return found[1]


def test_anonymous_posts_store_nothing(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON, audience="")
    sessions = Session.objects.count()

    for _ in range(3):
        visitor.post(document)

    assert Session.objects.count() == sessions
    with scoping.organization(organization_id=connected.id):
        assert not SpentAssertion.objects.exists()


def test_a_sign_out_message_ends_no_session(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    query = urlencode({"SAMLRequest": "PGE+"})

    for answer in (
        visitor.client.get(f"{visitor.base}/sls/?{query}"),
        visitor.client.post(f"{visitor.base}/sls/", {"SAMLResponse": "PGE+"}),
    ):
        assert b">logout_not_offered<" in answer.content

    assert visitor.user_id


def test_the_form_helper_posts_what_a_browser_would(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """The control of the malformed posts: the same way in, well formed."""
    document = provider.answer(visitor.ask(), at=NOON)

    response = Client().generic(
        "POST", f"{visitor.base}/acs/", unpacking.form(encoded(document)), FORM
    )

    assert response.status_code == 303
