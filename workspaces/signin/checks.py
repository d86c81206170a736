"""Proves at start-up that sign-in is as strict as its code believes.

An unlucky build of lxml and xmlsec, or a setting that lets allauth match people by
e-mail, must keep the process from starting rather than open a door.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import xmlsec as _xmlsec
from allauth.socialaccount import app_settings
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from kit import certificates
from workspaces.signin import signatures

xmlsec: Any = _xmlsec  # its stubs name none of its constants

_MUST_BE_OFF = ("EMAIL_AUTHENTICATION", "EMAIL_AUTHENTICATION_AUTO_CONNECT")
_XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


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
    pair = certificates.self_signed(name="self-test", at=datetime.now(tz=UTC))
    cases: tuple[tuple[str, Callable[[Any], None], bool], ...] = (
        ("a good signature", lambda _: None, True),
        ("an XSLT transform", _with_xslt, False),
    )
    return [
        Error(f"Self-test of signatures: wrong answer for {name}.", id="signin.E003")
        for name, bend, expected in cases
        if _verifies(pair, bend) is not expected
    ]


def _verifies(pair: certificates.KeyPair, bend: Callable[[Any], None]) -> bool:
    """Straight through xmlsec, past our own look at the form."""
    root = etree.fromstring('<r ID="r"><v>1</v></r>')
    node = xmlsec.template.create(
        root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
    )
    root.append(node)
    reference = xmlsec.template.add_reference(node, xmlsec.Transform.SHA256, uri="#r")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.private_pem, xmlsec.KeyFormat.PEM, None)
    context.sign(node)
    # Read again: lxml does not find nodes by the names that xmlsec has made.
    received = etree.fromstring(etree.tostring(root))
    xmlsec.tree.add_ids(received, ["ID"])
    bend(received)
    try:
        signature = received[-1]
        signatures.restricted_context(pair.pem_certificate).verify(signature)
    except xmlsec.Error:
        return False
    return True


def _with_xslt(root: Any) -> None:
    transforms = root.find(f".//{{{signatures.DS}}}Transforms")
    etree.SubElement(transforms, f"{{{signatures.DS}}}Transform", Algorithm=_XSLT)
