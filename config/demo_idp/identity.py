"""Keeps the provider's own key and certificate, and writes its metadata files.

Run before the demo is seeded: `seed_demo` configures each organization's connection
from `$CUSTOS_HOME/demo-idp/<organization>.xml`.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from config.demo_idp.people import IDP_NAME, ORGANIZATIONS, DemoOrganization
from kit import certificates, keyfiles

_MD = "urn:oasis:names:tc:SAML:2.0:metadata"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The provider itself: its key, its certificate and where it listens."""

    private_pem: bytes = field(repr=False)
    certificate: str
    base_url: str

    def sso_url(self, organization: DemoOrganization) -> str:
        """Where people of an organization arrive."""
        return f"{self.base_url}/idp/{organization.slug}/sso"


def prepared(*, home: Path, base_url: str) -> Identity:
    """The identity of this installation, made at the first call; metadata is fresh."""
    folder = home / "demo-idp"
    path = folder / "key.json"
    if not path.exists():
        keyfiles.create(path, _new_key())
    kept = json.loads(keyfiles.read(path))
    identity = Identity(
        private_pem=kept["private_pem"].encode(),
        certificate=kept["certificate"],
        base_url=base_url.rstrip("/"),
    )
    for organization in ORGANIZATIONS:
        _write(folder / f"{organization.slug}.xml", metadata(identity, organization))
    return identity


def metadata(identity: Identity, organization: DemoOrganization) -> bytes:
    """What an organization's connection is configured from."""
    root = etree.Element(
        f"{{{_MD}}}EntityDescriptor",
        entityID=organization.entity_id,
        nsmap={"md": _MD, "ds": _DS},
    )
    descriptor = etree.SubElement(
        root,
        f"{{{_MD}}}IDPSSODescriptor",
        WantAuthnRequestsSigned="false",
        protocolSupportEnumeration=_SAMLP,
    )
    key = etree.SubElement(descriptor, f"{{{_MD}}}KeyDescriptor", use="signing")
    key_info = etree.SubElement(key, f"{{{_DS}}}KeyInfo")
    holder = etree.SubElement(key_info, f"{{{_DS}}}X509Data")
    etree.SubElement(holder, f"{{{_DS}}}X509Certificate").text = identity.certificate
    etree.SubElement(
        descriptor,
        f"{{{_MD}}}SingleSignOnService",
        Binding=_REDIRECT,
        Location=identity.sso_url(organization),
    )
    _names(root)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _names(root: etree._Element) -> None:
    block = etree.SubElement(root, f"{{{_MD}}}Organization")
    language = {"{http://www.w3.org/XML/1998/namespace}lang": "en"}
    for tag, text in (
        ("OrganizationName", IDP_NAME),
        ("OrganizationDisplayName", IDP_NAME),
        ("OrganizationURL", "https://demo-idp.example/"),
    ):
        etree.SubElement(block, f"{{{_MD}}}{tag}", attrib=language).text = text


def _new_key() -> str:
    pair = certificates.self_signed(name=IDP_NAME, at=datetime.now(tz=UTC))
    return json.dumps(
        {"private_pem": pair.private_pem.decode(), "certificate": pair.certificate}
    )


def _write(path: Path, document: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(document)
    os.replace(fresh, path)
