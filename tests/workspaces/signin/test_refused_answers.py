"""Answers of an identity provider that must not sign anybody in.

Each case bends one thing of the answer that test_sign_in proves to be accepted.
"""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from kit import scoping
from tests.cast import NOON
from tests.workspaces.signin import attacks, encrypting, unpacking
from tests.workspaces.signin.attacks import Scene
from tests.workspaces.signin.conftest import FORM, Visitor, entries
from tests.workspaces.signin.provider import Provider, encoded
from workspaces.signin import responses
from workspaces.signin.models import SignInAttempt, SpentAssertion
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db


def _closed(document: bytes) -> bytes:
    """The attack inside an encrypted assertion, where it has one to hide in."""
    return encrypting.in_place(document)


WAYS = {"plain": lambda document: document, "encrypted": _closed}


@pytest.mark.parametrize("way", WAYS)
def test_every_attack_is_refused_with_its_reason(
    way: str, connected: OrganizationRef, provider: Provider
) -> None:
    wrong = {}
    for name, attack in attacks.ATTACKS.items():
        cache.clear()  # whoever tries this often is slowed down
        visitor = Visitor()
        document = attack.make(Scene(provider=provider, asked=visitor.ask()))
        if way == "encrypted" and not attacks.can_be_hidden(document):
            continue
        response = visitor.bring(WAYS[way](document))
        page = response.content.decode()
        is_told = any(f">{code}<" in page for code in attack.codes)
        if not is_told or response.status_code >= 500 or visitor.user_id:
            wrong[name] = (response.status_code, _codes(page), visitor.user_id)

    assert wrong == {}


@pytest.mark.parametrize("way", WAYS)
def test_every_near_miss_comes_in(
    way: str, connected: OrganizationRef, provider: Provider
) -> None:
    """The controls of the attacks, the same way in."""
    wrong = {}
    for name, make in attacks.ALLOWED.items():
        visitor = Visitor()
        document = make(Scene(provider=provider, asked=visitor.ask()))
        response = visitor.bring(WAYS[way](document))
        if visitor.user_id is None:
            wrong[name] = (response.status_code, _codes(response.content.decode()))

    assert wrong == {}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_signed_is_what_is_read(
    way: str, connected: OrganizationRef, provider: Provider
) -> None:
    """The canonical text has no comments; the name must not end at one either."""
    names = {}
    for name, written in attacks.HIDDEN_TEXT.items():
        visitor = Visitor()
        scene = Scene(provider=provider, asked=visitor.ask())
        document = scene.answer(name_id="mara-1.evil").replace(
            b"mara-1.evil", written.encode()
        )
        visitor.bring(WAYS[way](document))
        if visitor.user_id:
            names[name] = SocialAccount.objects.get(user_id=visitor.user_id).uid

    assert set(names.values()) == {"mara-1.evil"}, names


def _codes(page: str) -> list[str]:
    return re.findall(r">([a-z]+(?:_[a-z0-9]+)*)<", page)


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
    "utf-16 by name": (b'<?xml version="1.0" encoding="UTF-16"?><r/>', "not_xml"),
    "utf-7 by name": (
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-r+AC8-+AD4-',
        "not_xml",
    ),
    "utf-32": ("<r/>".encode("utf-32"), "not_xml"),
    "ebcdic by name": (b'<?xml version="1.0" encoding="IBM037"?><r/>', "not_xml"),
    "an encoding nobody knows": (b'<?xml version="1.0" encoding="x"?><r/>', "not_xml"),
    "xml 1.1": (b'<?xml version="1.1"?><r>&#1;</r>', "not_xml"),
    "an outside document type": (
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/"><r/>',
        "has_dtd",
    ),
    "an outside entity": (
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        "has_dtd",
    ),
    "a parameter entity": (
        b'<!DOCTYPE r [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><r/>',
        "has_dtd",
    ),
    "an entity without its type": (b"<r>&a;</r>", "not_xml"),
    "many attributes": (
        b"<r " + b" ".join(b'a%d=""' % n for n in range(20_000)) + b"/>",
        "not_a_response",
    ),
    "one attribute twice": (b'<r a="" a=""/>', "not_xml"),
    "two roots": (b"<r/><r/>", "not_xml"),
    "half": (b"<r><a>", "not_xml"),
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
    "base64 of urls": ("SAMLResponse=PH-_", FORM, "not_base64"),
    "base64 without its end": ("SAMLResponse=PHI", FORM, "not_base64"),
    "base64 after its end": ("SAMLResponse=PHI%3DPHI%3D", FORM, "not_base64"),
    "a zero byte in base64": ("SAMLResponse=PH%00I%3D", FORM, "not_base64"),
    "letters beyond ascii": ("SAMLResponse=%EF%BC%A1AAA", FORM, "not_base64"),
    "xml as it is": ("SAMLResponse=%3Cr/%3E", FORM, "not_base64"),
    "two relay states": (
        "SAMLResponse=YQ&RelayState=a&RelayState=b",
        FORM,
        "wrong_encoding",
    ),
    "a request": ("SAMLRequest=YQ", FORM, "wrong_encoding"),
    "plain text": ("SAMLResponse=YQ", "text/plain", "wrong_encoding"),
    "no type": ("SAMLResponse=YQ", "", "wrong_encoding"),
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


def test_an_ipv6_customer_is_one_source(connected: OrganizationRef) -> None:
    def refused(address: str) -> HttpResponse:
        client = Client(REMOTE_ADDR=address)
        return Visitor(client=client).post(b"garbage")

    first = refused("2001:db8::1")
    before = len(entries(connected))

    second = refused("2001:db8::2")

    assert len(entries(connected)) == before
    assert _reference(first) == _reference(second)


def test_what_nobody_foresaw_is_refused_and_told_by_its_kind(
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("what stood in the message")

    monkeypatch.setattr(responses, "verify", fails)

    response = visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert response.status_code == 400
    assert b">invalid<" in response.content
    assert b"what stood" not in response.content


def _reference(response: HttpResponse) -> str:
    found = re.search(r">([2-9B-Z]{8})<", response.content.decode())
    assert found
    return found[1]


def test_anonymous_posts_store_nothing(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """Two hundred of many kinds, from one address: no rows, a handful of keys."""
    scene = Scene(provider=provider, asked=visitor.ask())
    unsigned = scene.answer(signing={"assertion": False})
    documents = [
        b"garbage",
        unsigned,
        encrypting.in_place(unsigned),
        scene.answer(audience=""),
        b"<a>" * 200 + b"</a>" * 200,
    ]
    sessions = Session.objects.count()
    visitor.post(documents[0])
    before = len(entries(connected))

    for number in range(200):
        visitor.post(documents[number % len(documents)])

    assert Session.objects.count() == sessions
    with scoping.organization(organization_id=connected.id):
        assert not SpentAssertion.objects.exists()
        assert SignInAttempt.objects.count() <= 50
    assert len(entries(connected)) - before <= len(documents)
    assert len(_cache_keys()) <= 2 * len(documents) + 5


def _cache_keys() -> list[bytes]:
    """What this test has left in the cache."""
    return list(cache._cache.get_client().scan_iter("*signin*"))


def test_the_form_helper_posts_what_a_browser_would(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """The control of the malformed posts: the same way in, well formed."""
    document = provider.answer(visitor.ask(), at=NOON)

    response = Client().generic(
        "POST", f"{visitor.base}/acs/", unpacking.form(encoded(document)), FORM
    )

    assert response.status_code == 303
