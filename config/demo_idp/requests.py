"""Reads a sign-in request, and accepts only those of this installation's portal."""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from config.demo_idp.people import DemoOrganization

_MAX_BYTES = 16 * 1024
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


class NotOurRequest(Exception):
    """The request is damaged or comes from elsewhere; `str()` is the sentence."""


@dataclass(frozen=True, kw_only=True)
class SignInRequest:
    """What a portal asked for."""

    id: str
    issuer: str
    acs_url: str


def read(
    packed: str, *, organization: DemoOrganization, portal_url: str
) -> SignInRequest:
    """The request, if the portal made it for this organization's connection."""
    root = _parsed(packed)
    issuer = root.find(f"{{{_SAML}}}Issuer")
    found = SignInRequest(
        id=root.get("ID", ""),
        issuer="" if issuer is None else (issuer.text or ""),
        acs_url=root.get("AssertionConsumerServiceURL", ""),
    )
    base = re.escape(f"{portal_url}/accounts/saml/{organization.slug}")
    # A second connection, which waits beside the first, has a number in its name.
    issuer = re.fullmatch(rf"({base}(?:-\d+)?)/metadata/", found.issuer)
    if issuer is None or found.acs_url != f"{issuer[1]}/acs/":
        raise NotOurRequest("This request comes from another portal.")
    if not found.id or len(found.id) > 200:
        raise NotOurRequest("This request has no usable ID.")
    return found


def _parsed(packed: str) -> etree._Element:
    try:
        unpacker = zlib.decompressobj(wbits=-15)
        text = base64.b64decode(packed, validate=True)
        document = unpacker.decompress(text, _MAX_BYTES)
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(document, parser)
    except (binascii.Error, zlib.error, etree.XMLSyntaxError, ValueError):
        raise NotOurRequest("This is no sign-in request.") from None
    if root.tag != f"{{{_SAMLP}}}AuthnRequest" or root.getroottree().docinfo.doctype:
        raise NotOurRequest("This is no sign-in request.")
    return root
