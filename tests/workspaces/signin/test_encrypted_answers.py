"""Answers whose assertion is encrypted for us."""

import re
from typing import Any

import pytest
import xmlsec
from django.test import Client
from lxml import etree

from kit import certificates, scoping
from kit.certificates import KeyPair
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin import encrypting
from tests.workspaces.signin import provider as providers
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.encrypting import CBC, GCM, RSA15, SAML, XENC, XENC11
from tests.workspaces.signin.provider import DS, Provider, key_pair
from workspaces.signin import encryption, selectors
from workspaces.signin.models import SamlConnection
from workspaces.signin.services import connections, keys
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db
_T = xmlsec.Transform
BLOCKS = {
    "aes128-gcm": (_T.AES128_GCM, 128),
    "aes192-gcm": (_T.AES192_GCM, 192),
    "aes256-gcm": (_T.AES256_GCM, 256),
    "aes128-cbc": (_T.AES128, 128),
    "aes192-cbc": (_T.AES192, 192),
    "aes256-cbc": (_T.AES256, 256),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_the_usual_library_encrypts_is_read(
    name: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    block, bits = BLOCKS[name]
    document = provider.answer(visitor.ask(), at=NOON)

    visitor.bring(encrypting.by_xmlsec(document, block, bits, pair=key_pair("portal")))

    assert visitor.user_id


def _signed_around(
    provider: Provider, visitor: Visitor, *, assertion: bool, **how: Any
) -> bytes:
    """An answer that is signed as a whole, over its encrypted assertion."""
    document = provider.answer(visitor.ask(), at=NOON, signing={"assertion": assertion})
    return providers.signed(encrypting.in_place(document, **how), provider.pair)


@pytest.mark.parametrize("block", [GCM, CBC])
@pytest.mark.parametrize("assertion", [True, False])
def test_a_signature_around_it_will_do(
    block: str,
    assertion: bool,
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    visitor.bring(_signed_around(provider, visitor, assertion=assertion, block=block))

    assert visitor.user_id


def test_a_strangers_signature_around_cbc_keeps_it_closed(
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stranger = Provider(entity_id=provider.entity_id, key_name="stranger")
    monkeypatch.setattr(encryption, "opened", lambda *_: pytest.fail("was opened"))

    response = visitor.bring(
        _signed_around(stranger, visitor, assertion=True, block=CBC)
    )

    assert b">signature_wrong<" in response.content


def test_prefixes_from_around_are_known_inside(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON).decode()
    start = document.index("<saml:Assertion")
    end = document.index("</saml:Assertion>") + len("</saml:Assertion>")
    plain = document[start:end].replace(f' xmlns:saml="{SAML}"', "", 1)
    closed = encrypting.sealed(plain.encode()).decode()

    visitor.bring((document[:start] + closed + document[end:]).encode())

    assert visitor.user_id


UNREADABLE: dict[str, dict[str, Any]] = {
    "a key that is not ours": {"pair": "stranger"},
    "a changed bit in the wrapped key": {"spoil_key": encrypting.flipped},
    "a wrapped key that is too short": {"spoil_key": lambda data: data[:-1]},
    "no wrapped key": {"spoil_key": lambda _: b""},
    "a key of another length": {"block": GCM.replace("256", "128"), "as": GCM},
    "a changed bit in the text": {"spoil_cipher": encrypting.flipped},
    "a text that is too short": {"spoil_cipher": lambda data: data[:20]},
    "no text": {"spoil_cipher": lambda _: b""},
    "cbc: another key": {"pair": "stranger", "block": CBC},
    "cbc: padding": {"block": CBC, "spoil_cipher": lambda d: d[:-16] + bytes(16)},
    "cbc: a changed bit": {"block": CBC, "spoil_cipher": encrypting.flipped},
    "cbc: a changed vector": {
        "block": CBC,
        "spoil_cipher": lambda d: bytes([d[0] ^ 1]) + d[1:],
    },
    "cbc: half a block": {"block": CBC, "spoil_cipher": lambda data: data[:-8]},
    "cbc: nothing": {"block": CBC, "spoil_cipher": lambda _: b""},
}


def test_whatever_keeps_it_closed_has_one_answer(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    pages: dict[bytes, str] = {}
    for name, how in UNREADABLE.items():
        fitted = dict(how)
        if "pair" in fitted:
            fitted["pair"] = key_pair(fitted["pair"])
        said = fitted.pop("as", None)
        document = encrypting.in_place(
            provider.answer(visitor.ask(), at=NOON), **fitted
        )
        if said:
            document = document.replace(fitted["block"].encode(), said.encode())
        response = visitor.bring(document)
        assert response.status_code == 400
        pages.setdefault(_without_nonces(response.content), f"{name} {_code(response)}")

    assert len(pages) == 1, pages.values()
    assert all(b">unreadable<" in page for page in pages)
    assert visitor.user_id is None


def _without_nonces(page: bytes) -> bytes:
    return re.sub(rb"[A-Za-z0-9+/=_-]{20,}", b"", page)


CBC_INSIDE = {
    "nothing": b"",
    "not xml": b"hello",
    "a document type": b'<!DOCTYPE r [<!ENTITY a "b">]><r/>',
    "another element": b"<r/>",
    "two elements": b"<r/><r/>",
    "deep": b"<r>" * 100 + b"</r>" * 100,
    "an empty assertion": f'<a:Assertion xmlns:a="{SAML}"/>'.encode(),
}


def test_what_is_inside_cbc_that_nobody_signed_is_not_told(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """Else a stranger could change the cipher text and watch what it becomes."""
    stranger = Provider(entity_id=provider.entity_id, key_name="stranger")
    answers = {
        "a stranger's signature": encrypting.in_place(
            stranger.answer(visitor.ask(), at=NOON), block=CBC
        )
    }
    unsigned = provider.answer(visitor.ask(), at=NOON, signing={"assertion": False})
    answers["no signature"] = encrypting.in_place(unsigned, block=CBC)
    for name, inside in CBC_INSIDE.items():
        answers[name] = _holding(unsigned, encrypting.sealed(inside, block=CBC))

    codes = {name: _code(visitor.bring(sent)) for name, sent in answers.items()}

    assert set(codes.values()) == {"unreadable"}, codes


def test_once_the_signature_inside_fits_the_reason_is_told(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON, audience="")

    response = visitor.bring(encrypting.in_place(document, block=CBC))

    assert _code(response) == "audience"


GCM_INSIDE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not_xml"),
    "not xml": (b"hello", "not_xml"),
    "a document type": (b'<!DOCTYPE r [<!ENTITY a "b">]><r/>', "has_dtd"),
    "an unknown entity": (b"<r>&a;</r>", "not_xml"),
    "a way out of the wrapping": (b"</opened><opened>", "not_xml"),
    "another element": (b"<r/>", "unreadable"),
    "two elements": (b"<r/><r/>", "not_xml"),
    "deep": (b"<r>" * 100 + b"</r>" * 100, "too_complex"),
    "many": (b"<r>" + b"<b/>" * 5000 + b"</r>", "too_complex"),
    "bad utf-8": (b"<r>\xff</r>", "not_xml"),
    "utf-16": ("<r/>".encode("utf-16"), "not_xml"),
    "nested encryption": (
        f'<a:Assertion xmlns:a="{SAML}"><x:EncryptedData xmlns:x="{XENC}"/>'
        "</a:Assertion>".encode(),
        "encrypted_part",
    ),
    "an assertion in an assertion": (
        f'<a:Assertion xmlns:a="{SAML}"><a:Assertion/></a:Assertion>'.encode(),
        "invalid",
    ),
    "an encrypted assertion": (
        f'<a:EncryptedAssertion xmlns:a="{SAML}"/>'.encode(),
        "unreadable",
    ),
    "an empty assertion": (f'<a:Assertion xmlns:a="{SAML}"/>'.encode(), "invalid"),
}


def test_what_is_inside_is_held_to_the_same_form(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    unsigned = provider.answer(visitor.ask(), at=NOON, signing={"assertion": False})

    codes = {
        name: _code(visitor.bring(_holding(unsigned, encrypting.sealed(inside))))
        for name, (inside, _code_wanted) in GCM_INSIDE.items()
    }

    assert codes == {name: code for name, (_, code) in GCM_INSIDE.items()}


def _holding(document: bytes, holder: bytes) -> bytes:
    """The answer with that in place of its assertion."""
    root = etree.fromstring(document)
    root.replace(root.find(f"{{{SAML}}}Assertion"), etree.fromstring(holder))
    return etree.tostring(root)


def _code(response: Any) -> str:
    found = re.findall(r">([a-z_0-9]+)<", response.content.decode())
    return next((one for one in found if "_" in one or one in _PLAIN), str(found[:3]))


_PLAIN = {"unreadable", "audience", "invalid", "unsigned", "issuer", "replayed"}
_KEY = f'<xenc:EncryptedKey xmlns:xenc="{XENC}"/>'
_POINTER = f'<ds:RetrievalMethod Type="{XENC}EncryptedKey" URI="{{}}"/>'
FORMS: dict[str, tuple[str, str, str]] = {
    "rsa 1.5": ("rsa-oaep-mgf1p", "rsa-1_5", "encryption_algorithm"),
    "triple des": (
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        f"{XENC}tripledes-cbc",
        "encryption_algorithm",
    ),
    "an unknown algorithm": ("#aes256-gcm", "#aes512-gcm", "encryption_algorithm"),
    "md5 inside the padding": (
        '#rsa-oaep-mgf1p"/>',
        f'#rsa-oaep-mgf1p"><ds:DigestMethod xmlns:ds="{DS}" Algorithm='
        '"http://www.w3.org/2001/04/xmldsig-more#md5"/></xenc:EncryptionMethod>',
        "encryption_algorithm",
    ),
    "two digests": (
        '#rsa-oaep-mgf1p"/>',
        '#rsa-oaep-mgf1p">'
        + f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{XENC}sha256"/>' * 2
        + "</xenc:EncryptionMethod>",
        "encryption_form",
    ),
    "a second key": ("</ds:KeyInfo>", f"{_KEY}</ds:KeyInfo>", "encryption_form"),
    "a second text": (
        "</saml:EncryptedAssertion>",
        f'<xenc:EncryptedData xmlns:xenc="{XENC}"/></saml:EncryptedAssertion>',
        "encryption_form",
    ),
    "a text by reference": (
        "<xenc:CipherData>",
        '<xenc:CipherData><xenc:CipherReference URI="http://127.0.0.1:9/"/>',
        "encryption_form",
    ),
    "a key elsewhere": (
        "<xenc:EncryptedKey>",
        f"{_POINTER.format('http://127.0.0.1:9/')}<xenc:EncryptedKey>",
        "encryption_form",
    ),
    "a key elsewhere in the answer": (
        "<xenc:EncryptedKey>",
        f"{_POINTER.format('#other')}<xenc:EncryptedKey Id='k'>",
        "encryption_form",
    ),
    "a label of the padding": (
        '#rsa-oaep-mgf1p"/>',
        '#rsa-oaep-mgf1p"><xenc:OAEPparams>AAAA</xenc:OAEPparams>'
        "</xenc:EncryptionMethod>",
        "encryption_form",
    ),
    "properties": (
        "</xenc:EncryptedData>",
        "<xenc:EncryptionProperties/></xenc:EncryptedData>",
        "encryption_form",
    ),
    "only content": ("#Element", "#Content", "encryption_form"),
    "a packed text": (f"{XENC}Element", f"{XENC11}EXI", "encryption_form"),
    "a packing by attribute": (
        " Type=",
        ' Encoding="gzip" Type=',
        "encryption_form",
    ),
    "not base64": ("<xenc:CipherValue>", "<xenc:CipherValue>*", "encryption_form"),
    "a plain assertion beside it": (
        "<saml:EncryptedAssertion",
        "<saml:Assertion/><saml:EncryptedAssertion",
        "invalid",
    ),
    "a second encrypted assertion": (
        "<saml:EncryptedAssertion",
        f'<saml:EncryptedAssertion xmlns:saml="{SAML}"/><saml:EncryptedAssertion',
        "invalid",
    ),
    "an encrypted text beside it": (
        "<saml:EncryptedAssertion",
        f'<xenc:EncryptedData xmlns:xenc="{XENC}"/><saml:EncryptedAssertion',
        "encrypted_part",
    ),
    "a signature inside it": (
        "</xenc:EncryptedData>",
        f'<ds:Signature xmlns:ds="{DS}"/></xenc:EncryptedData>',
        "signature_form",
    ),
}


def test_hostile_forms_are_refused_before_a_key_is_used(
    connected: OrganizationRef,
    provider: Provider,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = encrypting.in_place(provider.answer(visitor.ask(), at=NOON)).decode()
    monkeypatch.setattr(encryption, "opened", lambda *_: pytest.fail("was opened"))

    codes = {}
    for name, (old, new, _wanted) in FORMS.items():
        assert old in document, name
        codes[name] = _code(visitor.bring(document.replace(old, new, 1).encode()))

    assert codes == {name: code for name, (_, _, code) in FORMS.items()}


def test_a_pointer_to_the_key_beside_the_text_is_followed(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    """The control of the pointers that lead elsewhere."""
    root = etree.fromstring(
        encrypting.in_place(provider.answer(visitor.ask(), at=NOON))
    )
    info = next(root.iter(f"{{{XENC}}}EncryptedData")).find(f"{{{DS}}}KeyInfo")
    key = info.find(f"{{{XENC}}}EncryptedKey")
    key.set("Id", "_key")
    next(root.iter(f"{{{SAML}}}EncryptedAssertion")).append(key)
    etree.SubElement(
        info, f"{{{DS}}}RetrievalMethod", Type=f"{XENC}EncryptedKey", URI="#_key"
    )

    visitor.bring(etree.tostring(root))

    assert visitor.user_id


@pytest.mark.parametrize("part", ["EncryptedID", "EncryptedAttribute"])
def test_encrypted_parts_are_refused(
    part: str, connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)
    hidden = f"<saml:{part}/></saml:Assertion>".encode()

    response = visitor.bring(document.replace(b"</saml:Assertion>", hidden))

    assert b">encrypted_part<" in response.content


def test_rsa_1_5_is_refused_also_when_it_was_really_used(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    document = provider.answer(visitor.ask(), at=NOON)

    response = visitor.bring(encrypting.in_place(document, wrap=RSA15))

    assert b">encryption_algorithm<" in response.content


# --- Our keys over time


@pytest.fixture
def connection(connected: OrganizationRef) -> SamlConnection:
    """Halden's connection."""
    with scoping.organization(organization_id=connected.id):
        found = selectors.first_connection()
    assert found
    return found


@pytest.fixture
def rolled(monkeypatch: pytest.MonkeyPatch) -> KeyPair:
    """The key that a rollover makes."""
    pair = key_pair("portal-next")
    monkeypatch.setattr(connections.certificates, "self_signed", lambda **_: pair)
    return pair


def test_every_key_of_a_rollover_opens(
    connected: OrganizationRef,
    connection: SamlConnection,
    provider: Provider,
    rolled: KeyPair,
) -> None:
    step = {"actor": OPERATOR, "organization": connected, "at": NOON}
    old = key_pair("portal")

    def opens(pair: KeyPair) -> bool:
        visitor = Visitor()
        document = provider.answer(visitor.ask(), at=NOON)
        visitor.bring(encrypting.in_place(document, pair=pair))
        return visitor.user_id is not None

    assert (opens(old), opens(rolled)) == (True, False)
    keys.prepare_next(connection_id=connection.pk, **step)
    assert (opens(old), opens(rolled)) == (True, True)
    keys.promote_next(connection_id=connection.pk, **step)
    assert (opens(old), opens(rolled)) == (True, True)
    keys.retire_previous(connection_id=connection.pk, **step)
    assert (opens(old), opens(rolled)) == (False, True)

    actions = [entry["action"] for entry in entries(connected)]
    for verb in ("prepared", "promoted", "retired"):
        assert f"workspaces.saml.key-{verb}" in actions


def test_a_rollover_goes_step_by_step(
    connected: OrganizationRef, connection: SamlConnection, rolled: KeyPair
) -> None:
    step = {
        "actor": OPERATOR,
        "organization": connected,
        "connection_id": connection.pk,
        "at": NOON,
    }

    with pytest.raises(keys.NoKeyIsWaiting, match="prepare one first"):
        keys.promote_next(**step)
    with pytest.raises(keys.NoKeyIsWaiting, match="no old key"):
        keys.retire_previous(**step)
    keys.prepare_next(**step)
    with pytest.raises(keys.KeyIsWaiting, match="use it first"):
        keys.prepare_next(**step)
    keys.promote_next(**step)
    keys.prepare_next(**step)
    with pytest.raises(keys.OldKeyIsKept, match="retire it first"):
        keys.promote_next(**step)


def test_metadata_names_the_next_key_and_offers_encryption_only_on_demand(
    connected: OrganizationRef, connection: SamlConnection, rolled: KeyPair
) -> None:
    keys.prepare_next(
        actor=OPERATOR, organization=connected, connection_id=connection.pk, at=NOON
    )

    before = _published()
    with scoping.organization(organization_id=connected.id):
        SamlConnection.objects.update(publishes_encryption_key=True)
    after = _published()

    old = key_pair("portal").certificate
    assert before == {"signing": [old, rolled.certificate]}
    assert after == before | {"encryption": [old, rolled.certificate]}
    assert certificates.read(old).fingerprint


def _published() -> dict[str, list[str]]:
    page = Client().get(f"{Visitor().base}/metadata/")
    found: dict[str, list[str]] = {}
    for key in etree.fromstring(page.content).iter("{*}KeyDescriptor"):
        text = next(key.iter("{*}X509Certificate")).text
        found.setdefault(key.get("use"), []).append(text)
    return found
