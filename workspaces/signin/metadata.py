"""Reads an identity provider's metadata, and writes ours."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils.translation import gettext as _
from lxml import etree

from kit import certificates
from kit.refusals import Refused
from workspaces.signin.assertions import IdentityProvider, ServiceProvider
from workspaces.signin.messages import parse
from workspaces.signin.reasons import SignInRefused

METADATA_MAX_BYTES = 1024 * 1024
_MD = "urn:oasis:names:tc:SAML:2.0:metadata"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_ENCRYPTION_METHODS = (
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
)
_RSA_BITS_MIN = 2048
_URL_MAX = 1024
_LABEL_MAX = 100
_CERTIFICATES_MAX = 10
_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----"
)
_UNREADABLE = (binascii.Error, ValueError, UnsupportedAlgorithm, x509.InvalidVersion)
# Names that people know their provider by, from the host of its sign-in page.
_KNOWN_HOSTS = {
    "login.microsoftonline.com": "Microsoft Entra ID",
    "okta.com": "Okta",
    "oktapreview.com": "Okta",
    "accounts.google.com": "Google",
    "onelogin.com": "OneLogin",
}


class UnusableMetadata(Refused):
    """The file is not metadata from which a connection could be made."""


def identity_provider(data: bytes) -> IdentityProvider:
    """What a connection needs from the metadata of exactly one identity provider."""
    descriptor = _only_descriptor(data)
    entity_id = descriptor.getparent().get("entityID", "")
    if not entity_id or len(entity_id) > _URL_MAX:
        raise UnusableMetadata(_("The metadata has no usable entityID."))
    sso_url = _endpoint(descriptor, "SingleSignOnService")
    if not sso_url:
        raise UnusableMetadata(
            _("The metadata has no SingleSignOnService for the HTTP-Redirect binding.")
        )
    return IdentityProvider(
        entity_id=entity_id,
        sso_url=sso_url,
        slo_url=_endpoint(descriptor, "SingleLogoutService"),
        certificates=_certificates(descriptor),
        label=_label(descriptor, sso_url),
        wants_signed_requests=descriptor.get("WantAuthnRequestsSigned") == "true",
    )


def certificate_texts(text: str) -> tuple[str, ...]:
    """The certificates of a field: PEM blocks, or the base64 of one per paragraph."""
    blocks = _PEM.findall(text) or re.split(r"\n\s*\n", text.strip())
    found = list(dict.fromkeys("".join(block.split()) for block in blocks))
    if not any(found):
        raise UnusableMetadata(_("At least one signing certificate is needed."))
    if len(found) > _CERTIFICATES_MAX:
        raise UnusableMetadata(
            _("At most %d certificates fit here.") % _CERTIFICATES_MAX
        )
    for one in found:
        _demand_strong(one)
    return tuple(found)


def demand_web_address(url: str) -> None:
    """Refuse what a browser could not be sent to."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"https", "http"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or not url.isprintable() or " " in url:
        raise UnusableMetadata(
            _("“%(url)s” is not a web address.") % {"url": url[:100]}
        )
    if len(url) > _URL_MAX:
        raise UnusableMetadata(_("An address in the metadata is too long."))


def label_of(sso_url: str) -> str:
    """What people call the provider, from the host of its sign-in page."""
    host = urlsplit(sso_url).hostname or ""
    known = (
        label
        for end, label in _KNOWN_HOSTS.items()
        if host == end or host.endswith(f".{end}")
    )
    return next(known, host)[:_LABEL_MAX]


def service_provider(
    sp: ServiceProvider,
    *,
    certificates: Sequence[str],
    signs_requests: bool,
    is_encryption_offered: bool = False,
    name_id_format: str = "",
) -> bytes:
    """Our metadata; it names no expiry, so that a stored copy stays usable.

    Some providers encrypt as soon as they see a key for it, in ways that not everyone
    wants, so such a key is only named where that is asked for.
    """
    root = etree.Element(
        f"{{{_MD}}}EntityDescriptor",
        entityID=sp.entity_id,
        nsmap={"md": _MD, "ds": _DS},
    )
    descriptor = etree.SubElement(
        root,
        f"{{{_MD}}}SPSSODescriptor",
        AuthnRequestsSigned=str(signs_requests).lower(),
        WantAssertionsSigned="true",
        protocolSupportEnumeration=_SAMLP,
    )
    for use in ("signing", "encryption") if is_encryption_offered else ("signing",):
        for certificate in certificates:
            _name_key(descriptor, certificate, use=use)
    for binding in (_REDIRECT, _POST):
        etree.SubElement(
            descriptor,
            f"{{{_MD}}}SingleLogoutService",
            Binding=binding,
            Location=sp.sls_url,
        )
    if name_id_format:
        etree.SubElement(descriptor, f"{{{_MD}}}NameIDFormat").text = name_id_format
    etree.SubElement(
        descriptor,
        f"{{{_MD}}}AssertionConsumerService",
        Binding=_POST,
        Location=sp.acs_url,
        index="1",
        isDefault="true",
    )
    written: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return written


def _name_key(descriptor: Any, certificate: str, *, use: str) -> None:
    key = etree.SubElement(descriptor, f"{{{_MD}}}KeyDescriptor", use=use)
    holder = etree.SubElement(
        etree.SubElement(key, f"{{{_DS}}}KeyInfo"), f"{{{_DS}}}X509Data"
    )
    etree.SubElement(holder, f"{{{_DS}}}X509Certificate").text = certificate
    if use == "encryption":
        for method in _ENCRYPTION_METHODS:
            etree.SubElement(key, f"{{{_MD}}}EncryptionMethod", Algorithm=method)


def _only_descriptor(data: bytes) -> Any:
    if len(data) > METADATA_MAX_BYTES:
        raise UnusableMetadata(_("The metadata is larger than 1 MB."))
    try:
        root = parse(data)
    except SignInRefused:
        raise UnusableMetadata(_("The file is not an XML document of SAML.")) from None
    found = list(root.iter(f"{{{_MD}}}IDPSSODescriptor"))
    if len(found) != 1:
        raise UnusableMetadata(
            _("The metadata must describe one identity provider; it describes %(n)d.")
            % {"n": len(found)}
        )
    return found[0]


def _endpoint(descriptor: Any, name: str) -> str:
    for node in descriptor.findall(f"{{{_MD}}}{name}"):
        if node.get("Binding") != _REDIRECT:
            continue
        location = str(node.get("Location", ""))
        demand_web_address(location)
        return location
    return ""


def _certificates(descriptor: Any) -> tuple[str, ...]:
    found: list[str] = []
    for key in descriptor.findall(f"{{{_MD}}}KeyDescriptor"):
        if key.get("use") == "encryption":
            continue
        for node in key.iter(f"{{{_DS}}}X509Certificate"):
            text = "".join((node.text or "").split())
            _demand_strong(text)
            if text not in found:
                found.append(text)
    if not found:
        raise UnusableMetadata(_("The metadata holds no signing certificate."))
    return tuple(found)


def _demand_strong(text: str) -> None:
    try:
        certificates.read(text)  # its subject and dates stand on pages
        der = base64.b64decode(text, validate=True)
        key = x509.load_der_x509_certificate(der).public_key()
    except _UNREADABLE:
        raise UnusableMetadata(_("A certificate cannot be read.")) from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_BITS_MIN:
        raise UnusableMetadata(
            _("A signing key has %(bits)d bits; at least 2,048 are needed.")
            % {"bits": key.key_size}
        )


def _label(descriptor: Any, sso_url: str) -> str:
    path = f"{{{_MD}}}Organization/{{{_MD}}}OrganizationDisplayName"
    named = descriptor.find(path)
    if named is None:
        named = descriptor.getparent().find(path)
    text = "" if named is None else " ".join((named.text or "").split())
    return (text or label_of(sso_url))[:_LABEL_MAX]
