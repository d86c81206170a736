"""Reads everything that is stored anywhere, with every key that is left.

Rows of both databases as the superuser sees them, files of the blob store, what lies in
Valkey. While a test runs, `Places` notes where each value is sealed, so that no table
has to be known here: what a new slice seals is opened like everything else.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from kit import sealed_streams, sealing, vault
from kit.sealing import CannotOpen, Sealer

ENVELOPE, STREAM = 17, 21
"""How many bytes at the beginning no two sealed values share: the nonce, the salt."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{44,}={0,2}")
_SIGNED = re.compile(r"[\w.-]+:[\w-]{6}:[\w-]{43}")


class Places:
    """To which place each sealed value was bound, by the bytes that it begins with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bound: dict[bytes, bytes] = {}
        seal, place = Sealer.seal, sealed_streams._place

        def noted(sealer: Sealer, plaintext: bytes, *, aad: bytes) -> bytes:
            sealed = seal(sealer, plaintext, aad=aad)
            self._bound[sealed[:ENVELOPE]] = aad
            return sealed

        def placed(header: bytes, index: int, **given: Any) -> tuple[bytes, bytes]:
            self._bound.setdefault(header, given["aad"])
            return place(header, index, **given)

        monkeypatch.setattr(Sealer, "seal", noted)
        monkeypatch.setattr(sealed_streams, "_place", placed)

    def opened(self, sealed: bytes, ring: dict[bytes, bytes]) -> bytes:
        """What a sealed value says with whatever key is left; nothing otherwise."""
        key = ring.get(sealed[1:5])
        if key is None:
            return b""
        with suppress(CannotOpen):
            if aad := self._bound.get(sealed[:ENVELOPE]):
                return sealing.open_sealed(sealed, key=key, aad=aad)
            if aad := self._bound.get(sealed[:STREAM]):
                stream = sealed_streams.open_stream([sealed], key=key, aad=aad)
                return b"".join(stream)
        return b""


def saying(
    words: tuple[str, ...], *, places: Places, blobs: Path, valkey: redis.Redis
) -> set[str]:
    """Where one of the words stands, sealed or not: columns, blobs, names in Valkey."""
    ring = keys()
    return {
        where
        for where, value in stored(blobs=blobs, valkey=valkey)
        if any(word in text(value, places, ring).casefold() for word in words)
    }


def stored(*, blobs: Path, valkey: redis.Redis) -> Iterator[tuple[str, Any]]:
    """Every value there is, with where it stands."""
    for table, row in rows():
        for column, value in row.items():
            yield f"{table}.{column}", value
    for path in blobs.rglob("*"):
        if path.is_file():
            yield "blob store", path.read_bytes()
    for key in valkey.scan_iter():
        yield "valkey", key + b" " + _dumped(valkey, key)


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of both databases, with its table."""
    for alias in ("owner", "vault"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'select * from "{table}"')
                names = [column.name for column in cursor.description]
                for row in cursor.fetchall():
                    yield table, dict(zip(names, row, strict=True))


def keys() -> dict[bytes, bytes]:
    """Every key that the vault still opens, by the id that stands in envelopes."""
    with connections["vault"].cursor() as cursor:
        cursor.execute("select id from vault_vaultkey where destroyed_at is null")
        found = vault.read_keys([row[0] for row in cursor.fetchall()])
    return {sealing.key_id(key): key for key in found.values()}


def text(value: Any, places: Places, ring: dict[bytes, bytes]) -> str:
    """All that a value says: as it is, opened, and what is wrapped in its text."""
    if isinstance(value, memoryview | bytes):
        raw = bytes(value)
        return "\n".join(
            one.decode("utf-8", "ignore") for one in (raw, places.opened(raw, ring))
        )
    said = json.dumps(value, default=str, ensure_ascii=False)
    wrapped = [places.opened(_unwrapped(one), ring) for one in _BASE64.findall(said)]
    if isinstance(value, str) and _SIGNED.fullmatch(value):
        said += json.dumps(SessionStore().decode(value), default=str)
    return said + "\n".join(one.decode("utf-8", "ignore") for one in wrapped)


def _unwrapped(token: str) -> bytes:
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(token)
    return b""


def _dumped(valkey: redis.Redis, key: bytes) -> bytes:
    """The value of a key; of a list or a hash, all that stands in it."""
    read = {
        b"string": lambda: valkey.get(key),
        b"list": lambda: valkey.lrange(key, 0, -1),
        b"hash": lambda: valkey.hgetall(key),
        b"set": lambda: valkey.smembers(key),
        b"zset": lambda: valkey.zrange(key, 0, -1),
    }
    found: Any = read[valkey.type(key)]()
    return found if isinstance(found, bytes) else repr(found).encode()
