"""Reads and writes key files that only their owner may open."""

import os
import tempfile
from pathlib import Path

_OTHERS = 0o027  # group may at most read, as mounted secrets do; the rest nothing


class KeyFileUnusable(Exception):
    """A key file is missing, malformed or open to others; says what to do."""


def read(path: Path) -> str:
    """The text of a key file, refused when others could have read or changed it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeyFileUnusable(f"The key file {path} does not exist.") from None
    if mode & _OTHERS:
        raise KeyFileUnusable(f"Others can open the key file {path}: chmod 600 it.")
    return path.read_text(encoding="ascii")


def create(path: Path, text: str) -> bool:
    """Write a new key file; False, and nothing written, where one exists already.

    The file appears under its name with all of its text or not at all, so that two
    processes starting at once agree on one key and a crash leaves no half key.
    """
    written = _written_beside(path, text)
    try:
        os.link(written, path)
    except FileExistsError:
        return False
    finally:
        written.unlink()
    _sync_folder(path.parent)
    return True


def replace(path: Path, text: str) -> None:
    """Put new text in place of a key file in one step."""
    _written_beside(path, text).replace(path)
    _sync_folder(path.parent)


def _written_beside(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
