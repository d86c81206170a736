"""Keeps each log's newest signed head, and its verifier keys, outside the database.

Whoever rewrites the database cannot rewrite these files with it: the sequencer
refuses to sign and the verification fails when the two disagree.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kit.signing import VerifierKey


def published(uuid: UUID) -> str | None:
    """The newest published note of a log."""
    return _text(_file(uuid))


def publish(uuid: UUID, note: str) -> None:
    """Puts a note in place of an older one, in one step that survives a crash.

    Two sequencers may publish in another order than they committed: the newer head
    stays.
    """
    with _locked(uuid):
        if _newness(note) > _newness(published(uuid) or ""):
            _replace(_file(uuid), note)


def keys_of(uuid: UUID) -> list[VerifierKey]:
    """The keys that may sign this log's heads."""
    text = _text(_keys_file(uuid)) or ""
    return [VerifierKey.parse(line) for line in text.splitlines()]


def announce(uuid: UUID, key: VerifierKey) -> None:
    """Adds a key to those that may sign this log's heads."""
    with _locked(uuid):
        known = keys_of(uuid)
        if key not in known:
            _replace(_keys_file(uuid), _lines([*known, key]))


def _lines(keys: Iterable[VerifierKey]) -> str:
    return "".join(f"{key.vkey}\n" for key in keys)


def _file(uuid: UUID) -> Path:
    return Path(settings.CUSTOS_CHECKPOINT_DIR) / str(uuid)


def _keys_file(uuid: UUID) -> Path:
    return _file(uuid).with_suffix(".vkeys")


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _newness(note: str) -> tuple[int, int]:
    """Epoch and size, as far as they can be told without a key."""
    origin, size, *_rest = [*note.split("\n"), "", ""]
    epoch = origin.rpartition("/")[2]
    return (int(epoch), int(size)) if epoch.isdigit() and size.isdigit() else (0, 0)


@contextmanager
def _locked(uuid: UUID) -> Iterator[None]:
    file = _file(uuid).with_suffix(".lock")
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(file: Path, text: str) -> None:
    fresh = file.with_suffix(f"{file.suffix}.new")
    with fresh.open("w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
