"""Seals bytes with AES-256-GCM so that they open only with their key, in their place.

Envelope, version 1 (33 bytes longer than the plaintext):

    offset  bytes  meaning
    0       1      version, 0x01
    1       4      key id: the first four bytes of SHA-256(key)
    5       12     nonce, random
    17      n+16   AES-256-GCM ciphertext and tag

The additional authenticated data is the first five bytes of the envelope followed by
`aad`, the caller's binding (see `binding`): a sealed value that is moved to another
row or column does not open. Version 2 is the chunked form of `kit.sealed_streams`.

Keys form a tree: installation keys wrap organization keys, these wrap workspace
keys, these wrap conversation keys. A wrapped key is an ordinary envelope.

Nonces are random: one key must seal fewer than 2**32 values (NIST SP 800-38D 8.3).
The key id is no secret: it tells which installation key is needed, and tells a wrong
key from a damaged value.
"""

import base64
import binascii
import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kit import keyfiles

KEY_BYTES = 32
KEY_ID_BYTES = 4
KEY_ID_OFFSET = 1
OVERHEAD = 33
_VERSION = b"\x01"
_HEADER_BYTES = 1 + KEY_ID_BYTES
_NONCE_BYTES = 12


class CannotOpen(Exception):
    """A sealed value does not open: wrong key, wrong place, or damaged.

    Carries no part of the value, the key or the binding.
    """

    def __init__(self) -> None:
        super().__init__("A sealed value cannot be opened.")


def new_key() -> bytes:
    """A random 256-bit key."""
    return os.urandom(KEY_BYTES)


def key_id(key: bytes) -> bytes:
    """The four bytes that name a key inside an envelope."""
    return sha256(key).digest()[:KEY_ID_BYTES]


def binding(*, table: str, row: UUID | int | str, column: str) -> bytes:
    """The place of a sealed value; `row` is an id that exists before the insert."""
    parts = (table.encode(), str(row).encode(), column.encode())
    return b"".join([len(part).to_bytes(2, "big") + part for part in parts])


class Sealer:
    """One key made ready; worth keeping for as long as many values share it."""

    __slots__ = ("_cipher", "_header")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("A sealing key has 32 bytes.")
        self._cipher = AESGCM(key)
        self._header = _VERSION + key_id(key)

    def seal(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """The envelope of `plaintext` in the place named by `aad`."""
        nonce = os.urandom(_NONCE_BYTES)
        body = self._cipher.encrypt(nonce, plaintext, self._header + aad)
        return self._header + nonce + body

    def open(self, sealed: bytes, *, aad: bytes) -> bytes:
        """The plaintext, or CannotOpen."""
        if len(sealed) < OVERHEAD or not sealed.startswith(self._header):
            raise CannotOpen
        nonce_end = _HEADER_BYTES + _NONCE_BYTES
        nonce, body = sealed[_HEADER_BYTES:nonce_end], sealed[nonce_end:]
        try:
            return self._cipher.decrypt(nonce, body, self._header + aad)
        except InvalidTag:
            raise CannotOpen from None


def seal(plaintext: bytes, *, key: bytes, aad: bytes) -> bytes:
    """Seal one value; see `Sealer` for many values under one key."""
    return Sealer(key).seal(plaintext, aad=aad)


def open_sealed(sealed: bytes, *, key: bytes, aad: bytes) -> bytes:
    """Open one value, or raise CannotOpen."""
    return Sealer(key).open(sealed, aad=aad)


class KeyRing:
    """The installation keys, newest first: the newest wraps, every one unwraps."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._sealers = {key_id(key): Sealer(key) for key in keys}
        if not self._sealers:
            raise ValueError("A key ring needs at least one key.")

    @property
    def newest_id(self) -> bytes:
        """The key id that fresh envelopes carry."""
        return next(iter(self._sealers))

    @property
    def ids(self) -> tuple[bytes, ...]:
        """All key ids, newest first."""
        return tuple(self._sealers)

    def wrap(self, key: bytes, *, aad: bytes) -> bytes:
        """Seal a key under the newest installation key."""
        return self._sealers[self.newest_id].seal(key, aad=aad)

    def unwrap(self, wrapped: bytes, *, aad: bytes) -> bytes:
        """Open a key with whichever installation key wrapped it."""
        sealer = self._sealers.get(wrapped[KEY_ID_OFFSET:_HEADER_BYTES])
        if sealer is None:
            raise CannotOpen
        return sealer.open(wrapped, aad=aad)


def installation_keys() -> KeyRing:
    """The key ring of CUSTOS_INSTALLATION_KEY_FILE, read again when the file changes.

    One base64 line a key, newest first. With several machines, append a new key at
    the end on all of them before it becomes the first line on any.
    """
    path = Path(settings.CUSTOS_INSTALLATION_KEY_FILE)
    try:
        status = path.stat()
    except FileNotFoundError:
        raise keyfiles.KeyFileUnusable(f"The key file {path} does not exist.") from None
    return _ring(path, (status.st_ino, status.st_mtime_ns, status.st_size))


def create_installation_key(path: Path) -> bool:
    """Make the first installation key; False where the file exists already."""
    return keyfiles.create(path, _line(new_key()))


def add_installation_key(path: Path) -> None:
    """Put a new key first; then `kit.vault.rewrap` moves the vault under it."""
    keyfiles.replace(path, _line(new_key()) + keyfiles.read(path))


@lru_cache(maxsize=4)
def _ring(path: Path, _status: tuple[int, int, int]) -> KeyRing:
    try:
        lines = keyfiles.read(path).split()
        return KeyRing(base64.b64decode(line, validate=True) for line in lines)
    except (binascii.Error, ValueError):
        raise keyfiles.KeyFileUnusable(
            f"The key file {path} must hold one base64 line of 32 bytes per key."
        ) from None


def _line(key: bytes) -> str:
    return base64.b64encode(key).decode() + "\n"
