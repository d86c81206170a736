"""Makes and reads the certificates that SAML's two sides show each other."""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_BITS = 3072
_LIFE = timedelta(days=3650)
_COMMON_NAME_MAX = 64


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A private key in PEM, and its certificate as the base64 text of metadata."""

    private_pem: bytes = field(repr=False)
    certificate: str

    @property
    def pem_certificate(self) -> str:
        """The certificate in PEM."""
        return pem(self.certificate)


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """What people want to know of a certificate; `fingerprint` is SHA-256 in hex."""

    fingerprint: str
    subject: str
    not_before: datetime
    not_after: datetime


def pem(text: str) -> str:
    """The base64 text of metadata as PEM."""
    body = "\n".join(text[n : n + 64] for n in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def fingerprint(text: str) -> str:
    """The SHA-256 in hex of a certificate, which need not be read for that."""
    return sha256(base64.b64decode(text)).hexdigest()


def read(text: str) -> CertificateFacts:
    """The facts of the base64 text of metadata; ValueError where there are none."""
    der = base64.b64decode(text, validate=True)
    found = x509.load_der_x509_certificate(der)
    return CertificateFacts(
        fingerprint=sha256(der).hexdigest(),
        subject=found.subject.rfc4514_string(),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


def self_signed(*, name: str, at: datetime) -> KeyPair:
    """A fresh RSA key; its certificate only carries the key and proves nothing."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_MAX])]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + _LIFE)
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return KeyPair(
        private_pem=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate=base64.b64encode(der).decode("ascii"),
    )
