"""Writes a signed response that says who a demo person is."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import xmlsec as _xmlsec
from lxml import etree

xmlsec: Any = _xmlsec  # its stubs name none of its constants

_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"  # noqa: S105
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_LIFE = timedelta(minutes=5)
_SESSION = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The person of whom a response speaks."""

    name_id: str
    email: str
    first_name: str
    last_name: str


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Between whom, and in answer to what, a response is written."""

    issuer: str
    audience: str
    acs_url: str
    request_id: str


def response(
    *,
    subject: Subject,
    exchange: Exchange,
    private_pem: bytes,
    certificate: str,
    at: datetime,
) -> bytes:
    """The response with its signed assertion."""
    root = etree.Element(
        f"{{{_SAMLP}}}Response",
        attrib=_head(at)
        | {"Destination": exchange.acs_url, "InResponseTo": exchange.request_id},
        nsmap={"samlp": _SAMLP, "saml": _SAML},
    )
    _child(root, _SAML, "Issuer", text=exchange.issuer)
    status = _child(root, _SAMLP, "Status")
    _child(status, _SAMLP, "StatusCode", Value=_SUCCESS)
    assertion = _child(root, _SAML, "Assertion", **_head(at))
    _child(assertion, _SAML, "Issuer", text=exchange.issuer)
    _subject(assertion, subject, exchange, at)
    _conditions(assertion, exchange, at)
    _statements(assertion, subject, at)
    _sign(assertion, private_pem, certificate)
    written: bytes = etree.tostring(root)
    return written


def _subject(
    assertion: Any, subject: Subject, exchange: Exchange, at: datetime
) -> None:
    node = _child(assertion, _SAML, "Subject")
    _child(node, _SAML, "NameID", text=subject.name_id, Format=_PERSISTENT)
    confirmation = _child(node, _SAML, "SubjectConfirmation", Method=_BEARER)
    _child(
        confirmation,
        _SAML,
        "SubjectConfirmationData",
        InResponseTo=exchange.request_id,
        Recipient=exchange.acs_url,
        NotOnOrAfter=_text(at + _LIFE),
    )


def _conditions(assertion: Any, exchange: Exchange, at: datetime) -> None:
    window = {"NotBefore": _text(at), "NotOnOrAfter": _text(at + _LIFE)}
    conditions = _child(assertion, _SAML, "Conditions", **window)
    restriction = _child(conditions, _SAML, "AudienceRestriction")
    _child(restriction, _SAML, "Audience", text=exchange.audience)


def _statements(assertion: Any, subject: Subject, at: datetime) -> None:
    statement = _child(
        assertion,
        _SAML,
        "AuthnStatement",
        AuthnInstant=_text(at),
        SessionIndex=_identity(),
        SessionNotOnOrAfter=_text(at + _SESSION),
    )
    context = _child(statement, _SAML, "AuthnContext")
    _child(context, _SAML, "AuthnContextClassRef", text=_PASSWORD)
    attributes = _child(assertion, _SAML, "AttributeStatement")
    for name in ("email", "first_name", "last_name"):
        attribute = _child(attributes, _SAML, "Attribute", Name=name)
        _child(attribute, _SAML, "AttributeValue", text=getattr(subject, name))


def _sign(assertion: Any, private_pem: bytes, certificate: str) -> None:
    template = xmlsec.template.create(
        assertion, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
    )
    assertion.insert(1, template)
    reference = xmlsec.template.add_reference(
        template, xmlsec.Transform.SHA256, uri=f"#{assertion.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    holder = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
    xmlsec.tree.add_ids(assertion, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private_pem, xmlsec.KeyFormat.PEM, None)
    etree.SubElement(holder, f"{{{_DS}}}X509Certificate").text = certificate
    context.sign(template)


_DS = "http://www.w3.org/2000/09/xmldsig#"


def _head(at: datetime) -> dict[str, str]:
    return {"ID": _identity(), "Version": "2.0", "IssueInstant": _text(at)}


def _identity() -> str:
    return f"_{secrets.token_hex(20)}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _child(
    parent: Any, namespace: str, name: str, *, text: str = "", **attributes: str
) -> Any:
    node = etree.SubElement(parent, f"{{{namespace}}}{name}", attrib=attributes)
    node.text = text or None
    return node
