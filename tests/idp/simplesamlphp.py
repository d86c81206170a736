"""Runs SimpleSAMLphp, an identity provider that nobody here wrote, on loopback.

Debian's package brings the program; all it reads and writes here is in one folder of
the test. The metadata of both sides is exchanged as XML, as administrators do.
"""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from config.launcher import ports, site
from kit.certificates import KeyPair
from tests.harness import servers

PROGRAM = Path("/usr/share/simplesamlphp/www")
PASSWORD = "correct horse"  # of invented people, in a provider that lives for a test
_ENTITY_ID = "https://idp.halden.example/simplesamlphp"

_CONFIG = """<?php
$config = [
    'baseurlpath' => '{url}/',
    'certdir' => '{folder}/cert/',
    'loggingdir' => '{folder}/log/',
    'datadir' => '{folder}/data/',
    'tempdir' => '{folder}/tmp/',
    'metadatadir' => '{folder}/metadata/',
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
    'secretsalt' => '{salt}',
    'auth.adminpassword' => '{salt}',
    'technicalcontact_name' => 'Administrator',
    'technicalcontact_email' => 'na@halden.example',
    'timezone' => 'UTC',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'session.phpsession.savepath' => '{folder}/sessions',
    'logging.handler' => 'file',
    'logging.level' => SimpleSAML\\Logger::WARNING,
    'language.default' => 'en',
    'metadata.sources' => [
        ['type' => 'flatfile'],
        ['type' => 'xml', 'file' => '{folder}/portal.xml'],
    ],
];
"""
_HOSTED = """<?php
$metadata['{entity_id}'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'userid.attribute' => 'uid',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'redirect.sign' => true,
    'validate.logout' => true,
    'sign.logout' => true,
    {more}
];
"""
_PEOPLE = """<?php
$config = [
    'admin' => ['core:AdminPassword'],
    'people' => ['exampleauth:UserPass', {people}],
];
"""


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A person whom the provider knows."""

    name_id: str
    email: str

    @property
    def php(self) -> str:
        """As SimpleSAMLphp's example source lists them."""
        known = f"'uid' => ['{self.name_id}'], 'email' => ['{self.email}']"
        return f"'{self.name_id}:{PASSWORD}' => [{known}]"


@dataclass(frozen=True, kw_only=True)
class SimpleSamlPhp:
    """A running provider."""

    url: str
    folder: Path

    def metadata(self) -> bytes:
        """What it publishes about itself."""
        with urlopen(f"{self.url}/saml2/idp/metadata.php", timeout=30) as answer:
            found: bytes = answer.read()
        return found

    def trust(self, portal: bytes) -> None:
        """Let it know the portal by the portal's own metadata."""
        (self.folder / "portal.xml").write_bytes(portal)


def is_installed() -> bool:
    """Whether the program and what it needs are on this machine."""
    return PROGRAM.is_dir() and shutil.which("php") is not None


@contextmanager
def running(
    folder: Path, *, pair: KeyPair, people: list[Someone], **options: str
) -> Iterator[SimpleSamlPhp]:
    """The provider, until the block ends; `options` stand in its own metadata."""
    port = ports.any_free()
    url = f"http://{ports.HOST}:{port}"
    _write(folder, url=url, pair=pair, people=people, options=options)
    with servers.running(
        ["php", "-S", f"{ports.HOST}:{port}", "-t", str(PROGRAM)],
        log=folder / "php.log",
        environment={**os.environ, "SIMPLESAMLPHP_CONFIG_DIR": str(folder / "config")},
        is_ready=site.serves(port, "/saml2/idp/metadata.php"),
    ):
        yield SimpleSamlPhp(url=url, folder=folder)


def _write(
    folder: Path,
    *,
    url: str,
    pair: KeyPair,
    people: list[Someone],
    options: dict[str, str],
) -> None:
    for name in ("config", "cert", "log", "data", "tmp", "metadata", "sessions"):
        (folder / name).mkdir(parents=True)
    (folder / "cert/idp.key").write_bytes(pair.private_pem)
    (folder / "cert/idp.crt").write_text(pair.pem_certificate)
    (folder / "portal.xml").write_bytes(_NOBODY)
    salt = base64.b32encode(os.urandom(20)).decode()
    config = _CONFIG.format(url=url, folder=folder, salt=salt)
    (folder / "config/config.php").write_text(config)
    known = ", ".join(one.php for one in people)
    (folder / "config/authsources.php").write_text(_PEOPLE.format(people=known))
    more = "\n    ".join(f"'{name}' => {value}," for name, value in options.items())
    (folder / "metadata/saml20-idp-hosted.php").write_text(
        _HOSTED.format(entity_id=_ENTITY_ID, more=more)
    )


_NOBODY = (
    b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
    b'<md:EntityDescriptor entityID="https://nobody.example">'
    b"<md:SPSSODescriptor"
    b' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    b"<md:AssertionConsumerService"
    b' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
    b' Location="https://nobody.example/acs" index="1"/>'
    b"</md:SPSSODescriptor></md:EntityDescriptor></md:EntitiesDescriptor>"
)
