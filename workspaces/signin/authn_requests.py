"""Writes the request that starts a sign-in, for the Redirect binding."""

import base64
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import xmlsec as _xmlsec
from lxml import etree

from workspaces.signin.assertions import IdentityProvider, ServiceProvider

xmlsec: Any = _xmlsec  # its stubs name none of its constants
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def redirect_url(
    *,
    request_id: str,
    sp: ServiceProvider,
    idp: IdentityProvider,
    login_hint: str,
    signing_key: bytes | None,
    at: datetime,
) -> str:
    """The address at the identity provider to which the browser goes next."""
    query = urlencode({"SAMLRequest": _deflated(_document(request_id, sp, idp, at))})
    if signing_key is not None:
        query = _signed(query, signing_key)
    if login_hint:
        # Outside the signed part; providers that do not know it ignore it.
        query += f"&login_hint={quote(login_hint)}"
    joint = "&" if "?" in idp.sso_url else "?"
    return f"{idp.sso_url}{joint}{query}"


def _document(
    request_id: str, sp: ServiceProvider, idp: IdentityProvider, at: datetime
) -> bytes:
    root = etree.Element(
        f"{{{_SAMLP}}}AuthnRequest",
        attrib={
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": idp.sso_url,
            "ProtocolBinding": _POST,
            "AssertionConsumerServiceURL": sp.acs_url,
        },
        nsmap={"samlp": _SAMLP, "saml": _SAML},
    )
    etree.SubElement(root, f"{{{_SAML}}}Issuer").text = sp.entity_id
    etree.SubElement(root, f"{{{_SAMLP}}}NameIDPolicy", AllowCreate="true")
    written: bytes = etree.tostring(root)
    return written


def _deflated(document: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(document) + packer.flush()).decode("ascii")


def _signed(query: str, key: bytes) -> str:
    query += f"&SigAlg={quote(_RSA_SHA256, safe='')}"
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key, xmlsec.KeyFormat.PEM, None)
    signature = context.sign_binary(query.encode(), xmlsec.Transform.RSA_SHA256)
    encoded = base64.b64encode(signature).decode("ascii")
    return f"{query}&Signature={quote(encoded, safe='')}"
