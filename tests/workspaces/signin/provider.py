"""An identity provider for tests: every value of its answers can be bent."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import xmlsec
from lxml import etree

from kit import certificates
from kit.certificates import KeyPair

DS = "http://www.w3.org/2000/09/xmldsig#"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)

_RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{response_id}" Version="2.0"
 IssueInstant="{issued}"{destination}{response_irt}>
<saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/>
</samlp:Status>{assertion}</samlp:Response>"""
_ASSERTION = """<saml:Assertion
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{assertion_id}" Version="2.0"
 IssueInstant="{issued}"><saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{name_id_format}"{qualifier}>{name_id}</saml:NameID>
<saml:SubjectConfirmation Method="{method}">
<saml:SubjectConfirmationData{irt}{recipient}{ends}{scd_begins}/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{until}">{audience}{extra_condition}
</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{authenticated}"{session_ends}><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion>"""


_make = certificates.self_signed


@cache
def key_pair(name: str) -> KeyPair:
    """A key per name, made once in a run: making them is slow."""
    return _make(name=name, at=MADE_AT)


@dataclass(kw_only=True)
class Provider:
    """One identity provider with its key."""

    entity_id: str = "https://idp.example/halden"
    sso_url: str = "https://idp.example/halden/sso"
    key_name: str = "idp"
    pair: KeyPair = field(init=False)

    def __post_init__(self) -> None:
        self.pair = key_pair(self.key_name)

    def metadata(self, **more: str) -> bytes:
        attributes = "".join(f' {name}="{value}"' for name, value in more.items())
        return (
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
            f' xmlns:ds="{DS}" entityID="{self.entity_id}"><md:IDPSSODescriptor'
            ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"'
            f"{attributes}>"
            '<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>'
            f"<ds:X509Certificate>{self.pair.certificate}</ds:X509Certificate>"
            "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            "<md:SingleSignOnService"
            ' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
            f' Location="{self.sso_url}"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        ).encode()

    def answer(self, asked: "Asked", *, at: datetime, **bent: Any) -> bytes:
        """A signed response; `bent` replaces values, None leaves one out."""
        values = _values(self, asked, at) | bent
        signing = Signing(**values.pop("signing", {}))
        values["assertion"] = bent.get("assertion", _ASSERTION.format(**values))
        root = etree.fromstring(_RESPONSE.format(**values).encode())
        if signing.assertion:
            _sign(_assertion(root), self.pair, signing)
        if signing.response:
            _sign(root, self.pair, signing)
        return etree.tostring(root)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The request that an answer answers, as the portal made it."""

    request_id: str
    entity_id: str
    acs_url: str


@dataclass(frozen=True, kw_only=True)
class Signing:
    """What is signed, and how."""

    assertion: bool = True
    response: bool = False
    method: Any = xmlsec.Transform.RSA_SHA256
    digest: Any = xmlsec.Transform.SHA256
    uri: str | None = None
    transforms: tuple[Any, ...] = (
        xmlsec.Transform.ENVELOPED,
        xmlsec.Transform.EXCL_C14N,
    )


def encoded(document: bytes) -> str:
    """As it stands in the form field."""
    return base64.b64encode(document).decode()


def signed(document: bytes, pair: KeyPair, **how: Any) -> bytes:
    """The document with a signature over all of it."""
    root = etree.fromstring(document)
    _sign(root, pair, Signing(**how))
    return etree.tostring(root)


def with_transform(document: bytes, inner: str) -> bytes:
    """The document with one more transform in its reference, put in after signing."""
    root = etree.fromstring(document)
    transforms = next(root.iter(f"{{{DS}}}Transforms"))
    transforms.insert(0, etree.fromstring(inner))
    return etree.tostring(root)


def _values(provider: Provider, asked: Asked, at: datetime) -> dict[str, Any]:
    return {
        "response_id": f"_{uuid4().hex}",
        "assertion_id": f"_{uuid4().hex}",
        "issued": text(at),
        "authenticated": text(at),
        "issuer": provider.entity_id,
        "status": "Success",
        "destination": f' Destination="{asked.acs_url}"',
        "response_irt": f' InResponseTo="{asked.request_id}"',
        "irt": f' InResponseTo="{asked.request_id}"',
        "recipient": f' Recipient="{asked.acs_url}"',
        "ends": f' NotOnOrAfter="{text(at + timedelta(minutes=5))}"',
        "scd_begins": "",
        "method": BEARER,
        "begins": text(at - timedelta(minutes=1)),
        "until": text(at + timedelta(minutes=5)),
        "audience": audience(asked.entity_id),
        "extra_condition": "",
        "session_ends": "",
        "name_id": "mara-1",
        "name_id_format": PERSISTENT,
        "qualifier": "",
        "attributes": attributes(email="mara.lindqvist@halden.example"),
    }


def audience(*names: str) -> str:
    """An AudienceRestriction."""
    inner = "".join(f"<saml:Audience>{name}</saml:Audience>" for name in names)
    return f"<saml:AudienceRestriction>{inner}</saml:AudienceRestriction>"


def attributes(**values: str) -> str:
    """An AttributeStatement."""
    inner = "".join(
        f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}'
        "</saml:AttributeValue></saml:Attribute>"
        for name, value in values.items()
    )
    return f"<saml:AttributeStatement>{inner}</saml:AttributeStatement>"


def text(at: datetime) -> str:
    """A time as SAML writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _assertion(root: Any) -> Any:
    return root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")


def _sign(node: Any, pair: KeyPair, signing: Signing) -> None:
    template = xmlsec.template.create(
        node, xmlsec.Transform.EXCL_C14N, signing.method, ns="ds"
    )
    node.insert(1, template)
    uri = f"#{node.get('ID')}" if signing.uri is None else signing.uri
    reference = xmlsec.template.add_reference(template, signing.digest, uri=uri)
    for transform in signing.transforms:
        xmlsec.template.add_transform(reference, transform)
    xmlsec.tree.add_ids(node, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.private_pem, xmlsec.KeyFormat.PEM, None)
    context.sign(template)
