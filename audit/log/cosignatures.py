"""C2SP tlog-cosignature: a witness says when it saw a head that extends all it saw."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from audit.log import note
from audit.log.note import NoteRefused
from kit.signing import COSIGNER, VerifierKey

_TIME_BYTES = 8
_LATEST = 1 << 35  # beyond the year 3000; dates end at 9999


@dataclass(frozen=True, kw_only=True)
class Cosignature:
    """One line under a note, and when its witness says that it signed."""

    line: str
    at: datetime


def configured_key() -> VerifierKey | None:
    """The key of the witness that the operator set; None without one.

    ValueError where the setting is no key of a cosigner.
    """
    vkey = settings.CUSTOS_WITNESS_VKEY
    return VerifierKey.parse(vkey, kind=COSIGNER) if vkey else None


def of(text: str, *, lines: str, key: VerifierKey) -> Cosignature | None:
    """What `key` says among signature lines about a checkpoint's text.

    Lines by other keys are ignored; NoteRefused where one by `key` is wrong.
    """
    found = [
        Cosignature(line=f"{line}\n", at=_verified(text, signature, key=key))
        for line, name, key_hash, signature in _parsed(lines)
        if (name, key_hash) == (key.name, key.key_hash)
    ]
    return max(found, key=lambda one: one.at, default=None)


def on(signed: str, *, key: VerifierKey) -> Cosignature | None:
    """What `key` says at the foot of a whole note."""
    text, _gap, lines = signed.rpartition("\n\n")
    return of(f"{text}\n", lines=lines, key=key)


def last_name(signed: str) -> str:
    """The name in the last signature line: the witness, where one cosigned."""
    return note.signature_of(signed.rstrip("\n").rpartition("\n")[2])[0]


def _parsed(lines: str) -> Iterator[tuple[str, str, bytes, bytes]]:
    if not lines.endswith("\n"):
        raise NoteRefused("signature lines end with a newline")
    for line in lines[:-1].split("\n"):
        yield line, *note.signature_of(line)


def _verified(text: str, signature: bytes, *, key: VerifierKey) -> datetime:
    seconds = int.from_bytes(signature[:_TIME_BYTES])
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    if not key.verifies(message=message, signature=signature[_TIME_BYTES:]):
        raise NoteRefused(f"the cosignature of {key.name} is wrong")
    if seconds > _LATEST:
        raise NoteRefused(f"the cosignature of {key.name} has no time")
    return datetime.fromtimestamp(seconds, tz=UTC)
