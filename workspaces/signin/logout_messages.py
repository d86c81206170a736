"""Writes SAML's sign-out messages, and reads those whose signature was checked.

A message that ends sessions must be signed, whichever way it comes; the signature of
the Redirect binding is over the query, that of the POST binding inside the message.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from workspaces.signin import compiled, messages, redirects, signatures
from workspaces.signin.assertions import IdentityProvider, Named, ServiceProvider
from workspaces.signin.messages import Message, Posted
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.redirects import Query
from workspaces.signin.responses import DRIFT, NAME_ID_MAX, moment

REQUEST = "SAMLRequest"
RESPONSE = "SAMLResponse"
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_ROOTS = {
    REQUEST: f"{{{_SAMLP}}}LogoutRequest",
    RESPONSE: f"{{{_SAMLP}}}LogoutResponse",
}
_SIGNATURE = f"{{{signatures.DS}}}Signature"
_AGE = timedelta(minutes=5)
_LONGEST_LIFE = timedelta(hours=24)
_ID_MAX = 255
_INDEXES_MAX = 100


@dataclass(frozen=True, kw_only=True)
class LogoutRequest:
    """Whose sessions the identity provider wants ended; no index means all of them."""

    id: str
    name_id: str
    session_indexes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class LogoutResponse:
    """What became of a request of ours."""

    in_response_to: str
    is_success: bool


def decode(sent: Query | Posted) -> Message:
    """The message, of the kind that its field names."""
    if isinstance(sent, Query):
        message = messages.read(redirects.document(sent))
    else:
        message = messages.read(messages.unpacked(sent.text))
    if message.root.tag != _ROOTS[sent.name]:
        raise SignInRefused(Reason.NOT_A_LOGOUT)
    return message


def demand_signed(sent: Query | Posted, message: Message, idp: IdentityProvider) -> str:
    """The certificate of the other side, in base64, whose key made the signature."""
    if isinstance(sent, Query):
        found = redirects.signer(sent, idp.certificates)
    else:
        found = signatures.signer(_only_signature(message.root), idp.certificates)
    if found is None:
        raise SignInRefused(Reason.SIGNATURE_WRONG)
    return found


def read(
    message: Message, *, sp: ServiceProvider, idp: IdentityProvider, at: datetime
) -> LogoutRequest | LogoutResponse:
    """What a message says that is for us, from them, and of now."""
    root = message.root
    if not compiled.fits_protocol(root):
        raise SignInRefused(Reason.INVALID)
    if root.get("Version") != "2.0" or len(root.get("ID")) > _ID_MAX:
        raise SignInRefused(Reason.INVALID)
    issuer = root.findtext(f"{{{_SAML}}}Issuer")
    if issuer != idp.entity_id:
        raise SignInRefused(
            Reason.ISSUER, expected=idp.entity_id, received=issuer or ""
        )
    destination = root.get("Destination")
    if destination != sp.sls_url:
        raise SignInRefused(
            Reason.DESTINATION, expected=sp.sls_url, received=destination or ""
        )
    issued_at = moment(root.get("IssueInstant"))
    if issued_at is None or issued_at > at + DRIFT:
        raise SignInRefused(Reason.NOT_YET)
    if root.tag == _ROOTS[RESPONSE]:
        return _response(root, issued_at, at=at)
    return _request(root, issued_at, sp=sp, at=at)


def request(
    *,
    request_id: str,
    sp: ServiceProvider,
    idp: IdentityProvider,
    named: Named,
    at: datetime,
) -> bytes:
    """A request of ours to end what the other side knows under a name."""
    root = _begun("LogoutRequest", request_id, sp, idp, at)
    root.set("NotOnOrAfter", _text(at + _AGE))
    name_id = etree.SubElement(root, f"{{{_SAML}}}NameID")
    name_id.text = named.name_id
    if named.format:
        name_id.set("Format", named.format)
    if named.qualifier:
        name_id.set("NameQualifier", named.qualifier)
    if named.own_qualifier:
        name_id.set("SPNameQualifier", named.own_qualifier)
    if named.session_index:
        index = etree.SubElement(root, f"{{{_SAMLP}}}SessionIndex")
        index.text = named.session_index
    return bytes(etree.tostring(root))


def response(
    *,
    response_id: str,
    request_id: str,
    sp: ServiceProvider,
    idp: IdentityProvider,
    at: datetime,
) -> bytes:
    """The answer that what was asked for is done."""
    root = _begun("LogoutResponse", response_id, sp, idp, at)
    root.set("InResponseTo", request_id)
    status = etree.SubElement(root, f"{{{_SAMLP}}}Status")
    etree.SubElement(status, f"{{{_SAMLP}}}StatusCode", Value=_SUCCESS)
    return bytes(etree.tostring(root))


def _only_signature(root: Any) -> Any:
    found = list(root.iter(_SIGNATURE))
    if not found:
        raise SignInRefused(Reason.UNSIGNED)
    if len(found) > 1 or found[0].getparent() is not root:
        raise SignInRefused(Reason.SIGNATURE_FORM)
    return found[0]


def _request(
    root: Any, issued_at: datetime, *, sp: ServiceProvider, at: datetime
) -> LogoutRequest:
    ends_at = moment(root.get("NotOnOrAfter")) or issued_at + _AGE
    if ends_at <= at - DRIFT:
        raise SignInRefused(Reason.EXPIRED)
    if ends_at > at + _LONGEST_LIFE:
        raise SignInRefused(Reason.LIVES_TOO_LONG)
    name_id = root.find(f"{{{_SAML}}}NameID")
    if name_id is None:
        raise SignInRefused(Reason.ENCRYPTED_PART)
    text = (name_id.text or "").strip()
    if not text or len(text) > NAME_ID_MAX:
        raise SignInRefused(Reason.NAME_ID)
    if name_id.get("SPNameQualifier", sp.entity_id) != sp.entity_id:
        raise SignInRefused(
            Reason.NAME_ID,
            expected=sp.entity_id,
            received=name_id.get("SPNameQualifier"),
        )
    indexes = root.findall(f"{{{_SAMLP}}}SessionIndex")
    if len(indexes) > _INDEXES_MAX:
        raise SignInRefused(Reason.TOO_COMPLEX)
    return LogoutRequest(
        id=root.get("ID"),
        name_id=text,
        session_indexes=tuple((one.text or "").strip() for one in indexes),
        expires_at=ends_at,
    )


def _response(root: Any, issued_at: datetime, *, at: datetime) -> LogoutResponse:
    if issued_at <= at - _AGE - DRIFT:
        raise SignInRefused(Reason.EXPIRED)
    code = root.find(f"{{{_SAMLP}}}Status/{{{_SAMLP}}}StatusCode")
    return LogoutResponse(
        in_response_to=root.get("InResponseTo", ""),
        is_success=code.get("Value") == _SUCCESS and not len(code),
    )


def _begun(
    name: str,
    identity: str,
    sp: ServiceProvider,
    idp: IdentityProvider,
    at: datetime,
) -> Any:
    root = etree.Element(
        f"{{{_SAMLP}}}{name}",
        attrib={
            "ID": identity,
            "Version": "2.0",
            "IssueInstant": _text(at),
            "Destination": idp.slo_url,
        },
        nsmap={"samlp": _SAMLP, "saml": _SAML},
    )
    etree.SubElement(root, f"{{{_SAML}}}Issuer").text = sp.entity_id
    return root


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
