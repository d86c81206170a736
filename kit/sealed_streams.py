"""Seals files of any size in chunks, so that memory stays flat and no cut goes unseen.

Sealed stream, version 2 (after the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizar, with a key of its own per stream as in age):

    offset  bytes    meaning
    0       1        version, 0x02
    1       4        key id: the first four bytes of SHA-256(key)
    5       16       salt, random
    21      65552    first chunk: AES-256-GCM of 65536 bytes, and tag
    ...              further chunks; the last holds 0 to 65536 bytes, and tag

A chunk's key is HKDF-SHA-256(key, salt, "custos sealed stream"); its nonce is its
index in eleven big-endian bytes and a final flag (1 for the last chunk, else 0); its
additional data is the 21 header bytes, then index (eight bytes) and flag, then the
caller's binding. So chunks cannot be reordered, dropped, doubled, moved to another
file, or cut off at the end. Only the last chunk may be shorter; an empty file is one
empty last chunk.

What `open_stream` has yielded is authentic, but only its normal end says that it was
all: a consumer that cannot take back what it did must wait for the end.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.sealing import KEY_BYTES, CannotOpen, key_id

CHUNK_BYTES = 65_536
_TAG_BYTES = 16
_VERSION = b"\x02"
_SALT_BYTES = 16
_HEADER_BYTES = 21
_PURPOSE = b"custos sealed stream"


def seal_stream(source: Iterable[bytes], *, key: bytes, aad: bytes) -> Iterator[bytes]:
    """The sealed stream of `source`, whose pieces may have any size."""
    header = _VERSION + key_id(key) + os.urandom(_SALT_BYTES)
    cipher = _cipher(key, header)
    yield header
    for index, (chunk, final) in enumerate(_frames(source, CHUNK_BYTES)):
        nonce, bound = _place(header, index, final=final, aad=aad)
        yield cipher.encrypt(nonce, chunk, bound)


def open_stream(source: Iterable[bytes], *, key: bytes, aad: bytes) -> Iterator[bytes]:
    """The plaintext chunk by chunk; CannotOpen where it is not whole, or moved."""
    header, rest = _split_header(source)
    if not header.startswith(_VERSION + key_id(key)):
        raise CannotOpen
    cipher = _cipher(key, header)
    for index, (chunk, final) in enumerate(_frames(rest, CHUNK_BYTES + _TAG_BYTES)):
        nonce, bound = _place(header, index, final=final, aad=aad)
        try:
            yield cipher.decrypt(nonce, chunk, bound)
        except InvalidTag:
            raise CannotOpen from None


def sealed_size(size: int) -> int:
    """The length of a sealed stream of `size` bytes."""
    chunks = max(1, -(-size // CHUNK_BYTES))
    return _HEADER_BYTES + size + chunks * _TAG_BYTES


def plain_size(sealed: int) -> int:
    """How many bytes lie in a sealed stream of that length: `sealed_size` turned."""
    rest = sealed - _HEADER_BYTES
    chunks = max(1, -(-rest // (CHUNK_BYTES + _TAG_BYTES)))
    return rest - chunks * _TAG_BYTES


def _cipher(key: bytes, header: bytes) -> AESGCM:
    salt = header[-_SALT_BYTES:]
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=_PURPOSE)
    return AESGCM(derived.derive(key))


def _place(
    header: bytes, index: int, *, final: bool, aad: bytes
) -> tuple[bytes, bytes]:
    flag = b"\x01" if final else b"\x00"
    nonce = index.to_bytes(11, "big") + flag
    return nonce, header + index.to_bytes(8, "big") + flag + aad


def _frames(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    waiting = bytearray()
    for piece in source:
        waiting += piece
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True


def _split_header(source: Iterable[bytes]) -> tuple[bytes, Iterable[bytes]]:
    pieces = iter(source)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _HEADER_BYTES:
            return head[:_HEADER_BYTES], chain([head[_HEADER_BYTES:]], pieces)
    raise CannotOpen
