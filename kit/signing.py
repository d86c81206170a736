"""Signs with an Ed25519 key from a file, and names keys as C2SP signed notes do.

The file holds one base64 line: the 32-byte private seed. It never enters a
database, so that whoever holds only the database cannot sign anew. Audit checkpoints
and receipts share this module; each gives its own key name.
"""

import base64
import binascii
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from kit import keyfiles

_SEED_BYTES = 32
_PUBLIC_BYTES = 32
ED25519 = b"\x01"
"""The type of a key that signs notes itself."""
COSIGNER = b"\x04"
"""The type of a key whose signatures say a time, too (C2SP tlog-cosignature)."""
_KEY_HASH_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class VerifierKey:
    """The public half: a name, and 32 bytes."""

    name: str
    public: bytes
    kind: bytes = ED25519

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(map(str.isspace, self.name)):
            raise ValueError("A key name has no spaces and no plus sign.")

    @property
    def key_hash(self) -> bytes:
        """The four bytes that announce this key before a signature."""
        named = self.name.encode() + b"\n" + self.kind + self.public
        return sha256(named).digest()[:_KEY_HASH_BYTES]

    @property
    def vkey(self) -> str:
        """The text form `name+hash+base64` that other people's verifiers take."""
        typed = base64.b64encode(self.kind + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{typed}"

    @classmethod
    def parse(cls, vkey: str, *, kind: bytes = ED25519) -> "VerifierKey":
        """The key of a vkey text; ValueError where it does not agree with itself."""
        name, key_hash, typed = vkey.split("+", 2)
        raw = base64.b64decode(typed, validate=True)
        key = cls(name=name, public=raw[1:], kind=kind)
        if raw[:1] != kind or len(key.public) != _PUBLIC_BYTES:
            raise ValueError(f"This is no Ed25519 verifier key of type {kind.hex()}.")
        if key.key_hash.hex() != key_hash:
            raise ValueError("The hash in this verifier key is not its own.")
        return key

    def verifies(self, *, message: bytes, signature: bytes) -> bool:
        """Tells whether this key signed `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """The private half, held in memory only."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._private.sign(message)

    def named(self, name: str) -> VerifierKey:
        """The public half under `name`, for example a log's origin."""
        return VerifierKey(name=name, public=self.public)


def load(path: Path) -> SigningKey:
    """The key of `path`, which must exist and be closed to others."""
    try:
        return SigningKey(base64.b64decode(keyfiles.read(path).strip(), validate=True))
    except (binascii.Error, ValueError):
        raise keyfiles.KeyFileUnusable(
            f"The key file {path} must hold one base64 line of 32 bytes."
        ) from None


def load_or_create(path: Path) -> SigningKey:
    """The key of `path`, made with mode 0600 where there is none."""
    if not path.exists():
        seed = base64.b64encode(os.urandom(_SEED_BYTES)).decode()
        keyfiles.create(path, seed + "\n")
    return load(path)
