"""Seals what a destination is told under the organization's key, bound to its row."""

import json
from collections.abc import Mapping
from uuid import UUID

from audit.log.selectors import Log
from kit import sealing, vault
from kit.refusals import Refused


class KeyIsGone(Refused):
    """The key of the organization was destroyed: nothing of it opens any more."""


def sealed(settings: Mapping[str, str], *, log: Log, stream: UUID) -> bytes:
    """The settings as they are stored."""
    plain = json.dumps(dict(settings), separators=(",", ":")).encode()
    return sealing.seal(plain, key=_key(log), aad=_place(stream))


def opened(
    stored: "bytes | memoryview[int]", *, log: Log, stream: UUID
) -> dict[str, str]:
    """The settings that were sealed for this stream."""
    plain = sealing.open_sealed(bytes(stored), key=_key(log), aad=_place(stream))
    found: dict[str, str] = json.loads(plain)
    return found


def _place(stream: UUID) -> bytes:
    return sealing.binding(table="audit_stream", row=stream, column="sealed")


def _key(log: Log) -> bytes:
    key = vault.read_keys([log.key_id]).get(log.key_id)
    if key is None:
        raise KeyIsGone("The key of this organization was destroyed.")
    return key
