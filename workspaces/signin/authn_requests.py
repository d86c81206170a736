"""Writes the request that starts a sign-in, for the Redirect binding."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from lxml import etree

from workspaces.signin import redirects
from workspaces.signin.assertions import IdentityProvider, ServiceProvider

_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def redirect_url(
    *,
    request_id: str,
    sp: ServiceProvider,
    idp: IdentityProvider,
    login_hint: str,
    signing_key: bytes | None,
    at: datetime,
    name_id_format: str = "",
    is_forced: bool = False,
) -> str:
    """The address at the identity provider to which the browser goes next."""
    root = _document(request_id, sp, idp, at)
    if is_forced:
        root.set("ForceAuthn", "true")
    policy = etree.SubElement(root, f"{{{_SAMLP}}}NameIDPolicy", AllowCreate="true")
    if name_id_format:
        policy.set("Format", name_id_format)
    url = redirects.url(
        idp.sso_url,
        name="SAMLRequest",
        document=etree.tostring(root),
        signing_key=signing_key,
    )
    # Outside the signed part; providers that do not know it ignore it.
    return f"{url}&login_hint={quote(login_hint)}" if login_hint else url


def _document(
    request_id: str, sp: ServiceProvider, idp: IdentityProvider, at: datetime
) -> Any:
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
    return root
