"""C2SP signed notes and checkpoints: the text that a log's head is published as."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from audit.log.tree import HASH_BYTES
from kit.signing import SigningKey, VerifierKey

_DASH = "\u2014"
_KEY_HASH_BYTES = 4
_CHECKPOINT_LINES = 3
_PREVIOUS = "previous"
_PREVIOUS_WORDS = 4


class NoteRefused(ValueError):
    """A note is malformed, or no known key signed it."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the tree of an earlier epoch ended: what its last head said."""

    epoch: int
    size: int
    root: bytes

    @property
    def line(self) -> str:
        """The extension line of a checkpoint that binds it."""
        return f"{_PREVIOUS} {self.epoch} {self.size} {_encoded(self.root)}"

    @classmethod
    def parse(cls, line: str) -> "Ended":
        """What an extension line says."""
        words = line.split(" ")
        if len(words) != _PREVIOUS_WORDS or words[0] != _PREVIOUS:
            raise NoteRefused("a previous epoch has a number, a size and a root")
        epoch, size, root = _number(words[1]), _number(words[2]), _decoded(words[3])
        if len(root) != HASH_BYTES:
            raise NoteRefused("a root has 32 bytes")
        return cls(epoch=epoch, size=size, root=root)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a log says about itself: its name, its size and its root.

    `previous` binds how the epoch before this one ended.
    """

    origin: str
    size: int
    root: bytes
    previous: Ended | None = None

    @property
    def epoch(self) -> int:
        """The epoch in the origin."""
        return _number(self.origin.rpartition("/")[2])

    @property
    def text(self) -> str:
        """The lines that are signed."""
        lines = [self.origin, str(self.size), _encoded(self.root)]
        if self.previous is not None:
            lines.append(self.previous.line)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint of a note's text; unknown extension lines are ignored."""
        lines = text.split("\n")
        if len(lines) <= _CHECKPOINT_LINES or lines[-1]:
            raise NoteRefused("a checkpoint has three lines")
        origin, decimal, encoded = lines[:_CHECKPOINT_LINES]
        root = _decoded(encoded)
        if not origin or str(_number(decimal)) != decimal or len(root) != HASH_BYTES:
            raise NoteRefused("a checkpoint names origin, size and root")
        extensions = lines[_CHECKPOINT_LINES:]
        bound = [line for line in extensions if line.startswith(f"{_PREVIOUS} ")]
        if len(bound) > 1:
            raise NoteRefused("a checkpoint names one previous epoch")
        return cls(
            origin=origin,
            size=int(decimal),
            root=root,
            previous=Ended.parse(bound[0]) if bound else None,
        )


def signed(
    checkpoint: Checkpoint, *, key: SigningKey, also: Iterable[SigningKey] = ()
) -> str:
    """The note of a checkpoint, signed under the log's origin as key name.

    `also` are further keys of the log that sign it: the one before, at a rotation.
    """
    lines = [_signature_line(checkpoint, one) for one in (key, *also)]
    return f"{checkpoint.text}\n{''.join(lines)}"


def _signature_line(checkpoint: Checkpoint, key: SigningKey) -> str:
    name = key.named(checkpoint.origin)
    signature = key.sign(checkpoint.text.encode())
    line = base64.b64encode(name.key_hash + signature).decode()
    return f"{_DASH} {checkpoint.origin} {line}\n"


def signers(note: str, *, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Which of these keys signed a note; NoteRefused where `opened` refuses it."""
    known = list(keys)
    opened(note, keys=known)
    named = {signature_of(line)[:2] for line in _parts(note)[1].splitlines()}
    return [key for key in known if (key.name, key.key_hash) in named]


def said(note: str) -> Checkpoint:
    """The checkpoint of a note, whoever signed it; NoteRefused where a part lacks."""
    text, signatures = _parts(note)
    for line in signatures.splitlines():
        signature_of(line)
    return Checkpoint.parse(text)


def opened(note: str, *, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint of a note that at least one of `keys` signed.

    Signatures by unknown keys are ignored, as the specification asks; a wrong
    signature by a known key refuses the note.
    """
    text, signatures = _parts(note)
    known = {(key.name, key.key_hash): key for key in keys}
    verified = False
    for line in signatures.splitlines():
        name, key_hash, signature = signature_of(line)
        key = known.get((name, key_hash))
        if key is None:
            continue
        if not key.verifies(message=text.encode(), signature=signature):
            raise NoteRefused(f"the signature of {name} is wrong")
        verified = True
    if not verified:
        raise NoteRefused("no known key signed this note")
    return Checkpoint.parse(text)


def _parts(note: str) -> tuple[str, str]:
    """The text that is signed, and the signature lines below it."""
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise NoteRefused("a note ends with signature lines")
    return f"{text}\n", signatures


def signature_of(line: str) -> tuple[str, bytes, bytes]:
    """Key name, key hash and signature of a note's signature line."""
    parts = line.split(" ")
    if len(parts) != _CHECKPOINT_LINES or parts[0] != _DASH or not parts[1]:
        raise NoteRefused("a signature line has a dash, a name and a signature")
    raw = _decoded(parts[2])
    return parts[1], raw[:_KEY_HASH_BYTES], raw[_KEY_HASH_BYTES:]


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise NoteRefused("a note holds base64") from None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise NoteRefused("a size is a decimal number")
    return int(text)
