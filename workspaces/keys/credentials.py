"""Secrets that we issue: how they look, how they are made and how they are stored.

A secret is `custos_<kind>_` and 43 characters of 256 random bits and six of a CRC-32,
all of 0-9A-Za-z: programs that scan for leaked secrets find it by one pattern and tell
it from look-alikes without asking us. We store the SHA-256: what is guessed from 256
random bits needs no slow hash.
"""

import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from zlib import crc32

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_RANDOM_LENGTH = 43
_CHECK_LENGTH = 6
_HINT_LENGTH = 4
_SECRET = re.compile(
    r"custos_(?P<kind>key|scim)_"
    rf"[0-9A-Za-z]{{{_RANDOM_LENGTH}}}[0-9A-Za-z]{{{_CHECK_LENGTH}}}"
)


class Kind(StrEnum):
    """What a secret is for; it stands in the secret itself."""

    API_KEY = "key"
    SCIM_TOKEN = "scim"  # noqa: S105 -- the name of a kind


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A fresh secret, and what is stored of it."""

    secret: str = field(repr=False)
    digest: bytes
    hint: str


def new(kind: Kind) -> Credential:
    """A secret that nobody can guess; only its digest and last characters stay."""
    number = int.from_bytes(secrets.token_bytes(_RANDOM_BYTES), "big")
    body = f"custos_{kind.value}_{_base62(number, length=_RANDOM_LENGTH)}"
    secret = body + _check(body)
    return Credential(
        secret=secret,
        digest=sha256(secret.encode()).digest(),
        hint=secret[-_HINT_LENGTH:],
    )


def digest_of(text: str, *, kind: Kind) -> bytes | None:
    """What a presented secret is found by; None for what we never issued."""
    found = _SECRET.fullmatch(text)
    if found is None or found["kind"] != kind.value:
        return None
    if _check(text[:-_CHECK_LENGTH]) != text[-_CHECK_LENGTH:]:
        return None
    return sha256(text.encode()).digest()


def _check(body: str) -> str:
    return _base62(crc32(body.encode()), length=_CHECK_LENGTH)


def _base62(number: int, *, length: int) -> str:
    digits = []
    for _place in range(length):
        number, rest = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
