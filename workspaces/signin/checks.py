"""Proves at start-up that sign-in is as strict as its code believes.

An unlucky build of lxml and xmlsec, or a setting that lets allauth match people by
e-mail, must keep the process from starting rather than open a door.
"""

import base64
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import xmlsec as _xmlsec
from allauth.socialaccount import app_settings
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from kit import certificates
from workspaces.signin import encryption, opening, signatures
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.reasons import Reason, SignInRefused

xmlsec: Any = _xmlsec  # its stubs name none of its constants

_MUST_BE_OFF = ("EMAIL_AUTHENTICATION", "EMAIL_AUTHENTICATION_AUTO_CONNECT")
_DIGEST = xmlsec.Transform.SHA256
_COMMON = xmlsec.Transform.EXCL_C14N
_XENC = "http://www.w3.org/2001/04/xmlenc#"
_CLOSED = """<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"><a:EncryptedAssertion><x:EncryptedData
 xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:EncryptionMethod Algorithm="{block}"/>
<d:KeyInfo xmlns:d="http://www.w3.org/2000/09/xmldsig#"><x:EncryptedKey>
<x:EncryptionMethod Algorithm="{wrap}"/><x:CipherData><x:CipherValue>{key}
</x:CipherValue></x:CipherData></x:EncryptedKey></d:KeyInfo><x:CipherData>
<x:CipherValue>{text}</x:CipherValue></x:CipherData></x:EncryptedData>
</a:EncryptedAssertion></p:Response>"""
_STYLESHEET = (
    '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<x:template match="/"><o/></x:template></x:stylesheet>'
)


@register("signin")
def settings_are_strict(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E001: allauth must never find a person by an address that a provider says."""
    found: list[CheckMessage] = [
        Error(
            f"SOCIALACCOUNT_{name} must be off: it signs in across organizations.",
            id="signin.E001",
        )
        for name in _MUST_BE_OFF
        if getattr(app_settings, name)
    ]
    if any(conf.get("VERIFIED_EMAIL") for conf in app_settings.PROVIDERS.values()):
        text = "VERIFIED_EMAIL must be off for every provider."
        found.append(Error(text, id="signin.E001"))
    return found


@register("signin")
def libraries_fit(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E002: lxml and xmlsec carry one libxml2, or trees cross between two."""
    ours, theirs = etree.LIBXML_VERSION, xmlsec.get_libxml_version()
    if ours == theirs:
        return []
    text = f"lxml carries libxml2 {ours}, xmlsec {theirs}; install one pair of wheels."
    return [Error(text, id="signin.E002")]


@register("signin", deploy=True)
def signatures_are_strict(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E003: a good signature verifies; one with XSLT or MD5 is refused by xmlsec."""
    if OneLogin_Saml2_Utils.validate_node_sign is not signatures.verify_node:
        text = "python3-saml does not use our verification of signatures."
        return [Error(text, id="signin.E003")]
    pair = _pair()
    cases = (
        ("a good signature", _DIGEST, _COMMON, True),
        ("an MD5 digest", xmlsec.Transform.MD5, _COMMON, False),
        ("an XSLT transform", _DIGEST, xmlsec.Transform.XSLT, False),
    )
    return [
        Error(f"Self-test of signatures: wrong answer for {name}.", id="signin.E003")
        for name, digest, transform, expected in cases
        if _verifies(pair, digest, transform) is not expected
    ]


@register("signin", deploy=True)
def encryption_is_strict(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E004: what was encrypted for us opens; RSA 1.5, and CBC nobody signed, do not."""
    pair = _pair()
    gcm, oaep = encryption.GCM_256, encryption.OAEP
    cases = (
        ("AES-GCM", gcm, oaep, None),
        ("RSA 1.5", gcm, f"{_XENC}rsa-1_5", Reason.ENCRYPTION_ALGORITHM),
        ("unsigned AES-CBC", f"{_XENC}aes256-cbc", oaep, Reason.UNREADABLE),
    )
    return [
        Error(f"Self-test of encryption: wrong answer for {name}.", id="signin.E004")
        for name, block, wrap, expected in cases
        if _opening(pair, block, wrap) is not expected
    ]


@cache
def _pair() -> certificates.KeyPair:
    return certificates.self_signed(name="self-test", at=datetime.now(tz=UTC))


def _opening(pair: certificates.KeyPair, block: str, wrap: str) -> Reason | None:
    secret, nonce = os.urandom(32), os.urandom(12)
    plain = b'<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"/>'
    der = base64.b64decode(pair.certificate)
    public: Any = x509.load_der_x509_certificate(der).public_key()
    scheme = padding.OAEP(
        mgf=padding.MGF1(encryption.SHA1), algorithm=encryption.SHA1, label=None
    )
    text = nonce + AESGCM(secret).encrypt(nonce, plain, None)
    closed = _CLOSED.format(
        block=block,
        wrap=wrap,
        key=base64.b64encode(public.encrypt(secret, scheme)).decode(),
        text=base64.b64encode(text).decode(),
    )
    idp = IdentityProvider(
        entity_id="self-test",
        sso_url="",
        slo_url="",
        certificates=(pair.certificate,),
        label="",
        wants_signed_requests=False,
    )
    try:
        opening.opened(etree.fromstring(closed), keys=[pair.private_pem], idp=idp)
    except SignInRefused as refusal:
        return refusal.reason
    return None


def _verifies(pair: certificates.KeyPair, digest: Any, transform: Any) -> bool:
    """Straight through xmlsec, past our own look at the form."""
    root = etree.fromstring('<r ID="r"><v>1</v></r>')
    node = xmlsec.template.create(root, _COMMON, xmlsec.Transform.RSA_SHA256, ns="ds")
    root.append(node)
    reference = xmlsec.template.add_reference(node, digest, uri="#r")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    added = xmlsec.template.add_transform(reference, transform)
    if transform is xmlsec.Transform.XSLT:
        added.append(etree.fromstring(_STYLESHEET))
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.private_pem, xmlsec.KeyFormat.PEM, None)
    context.sign(node)
    try:
        signatures.restricted_context(pair.pem_certificate).verify(node)
    except xmlsec.Error:
        return False
    return True
