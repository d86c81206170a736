"""RFC 3161: asks that a head existed at a time, and checks what an authority says.

The imprint is SHA-256 over the whole signed note of the head, so that `openssl ts
-verify -data <note>` checks the same bytes.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

_SHA256 = "2.16.840.1.101.3.4.2.1"


class TokenRefused(ValueError):
    """The answer of an authority does not hold."""


class NotGranted(TokenRefused):
    """The authority grants no token."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One request: its bytes, and the nonce that the answer must repeat."""

    body: bytes
    nonce: int


def asking(note: str) -> Asking:
    """A request for a token about a head, with certificates."""
    builder = TimestampRequestBuilder().data(note.encode())
    made = builder.hash_algorithm(HashAlgorithm.SHA256).build()
    if made.nonce is None:
        raise TokenRefused("a request has a nonce")
    return Asking(body=made.as_bytes(), nonce=made.nonce)


def said_at(
    response: bytes, *, note: str, roots: Path, nonce: int | None = None
) -> datetime:
    """When the authority saw `note`; TokenRefused unless the whole answer holds.

    `roots` is a file of PEM certificates that are trusted; the nonce is compared where
    it is known.
    """
    try:
        found = decode_timestamp_response(response)
    except ValueError:
        raise TokenRefused("this is no answer of an authority") from None
    if found.status != PKIStatus.GRANTED:
        raise NotGranted(f"the authority answers with status {found.status}")
    try:
        _verify(found, note=note, roots=roots, nonce=nonce)
        said: datetime = found.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TokenRefused(str(error)) from None
    return said


def _verify(
    found: TimeStampResponse, *, note: str, roots: Path, nonce: int | None
) -> None:
    builder = VerifierBuilder() if nonce is None else VerifierBuilder(nonce=nonce)
    for root in x509.load_pem_x509_certificates(roots.read_bytes()):
        builder = builder.add_root_certificate(root)
    if found.tst_info.message_imprint.hash_algorithm.dotted_string != _SHA256:
        raise TokenRefused("the imprint is not SHA-256")
    builder.build().verify(found, sha256(note.encode()).digest())
