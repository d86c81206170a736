"""Keeps the last signed head of every epoch of a log outside the database.

Whoever rewrites the database cannot rewrite these files with it: the sequencer
refuses to sign and the verification fails when the two disagree. `<uuid>` is the
newest head, `<uuid>.<epoch>` the last one of an epoch that ended, and `<uuid>.vkeys`
names the keys of all epochs. `installation.vkeys` names every key that ever signed.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kit.signing import VerifierKey

_INSTALLATION = "installation.vkeys"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def published(uuid: UUID) -> str | None:
    """The newest published note of a log."""
    return _text(_file(uuid))


def last_heads(uuid: UUID) -> dict[int, str]:
    """The last published note of each epoch; under 0 a note that names none."""
    found: dict[int, str] = {}
    for file in [*_ended_files(uuid), _file(uuid)]:
        text = _text(file)
        if text is None:
            continue
        epoch = epoch_of(text)
        if epoch not in found or _newness(text) > _newness(found[epoch]):
            found[epoch] = text
    return found


def publish(uuid: UUID, note: str) -> None:
    """Puts a note in place of an older one, in one step that survives a crash.

    Two sequencers may publish in another order than they committed: the newer head
    stays. The head of an earlier epoch is kept beside it, also when it comes late.
    """
    with _locked(uuid):
        newest = published(uuid) or ""
        if _newness(note) <= _newness(newest):
            _keep(uuid, note, newest=newest)
            return
        _keep(uuid, newest, newest=note)
        _replace(_file(uuid), note)


def uuids() -> set[UUID]:
    """Whose heads are in the folder."""
    folder = Path(settings.CUSTOS_CHECKPOINT_DIR)
    names = {file.name.partition(".")[0] for file in folder.glob("*")}
    return {UUID(name) for name in names if _UUID.fullmatch(name)}


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


def installation_keys() -> list[VerifierKey]:
    """Every key that ever signed here, oldest first; the last one signs now."""
    text = _text(_folder() / _INSTALLATION) or ""
    return [VerifierKey.parse(line) for line in text.splitlines()]


def announce_for_all(key: VerifierKey) -> None:
    """Adds a key to those of the installation."""
    with _locking(_folder() / f"{_INSTALLATION}.lock"):
        known = installation_keys()
        if key not in known:
            _replace(_folder() / _INSTALLATION, _lines([*known, key]))


def epoch_of(note: str) -> int:
    """The epoch in a note's origin, told without a key; 0 where there is none."""
    return _newness(note)[0]


def _keep(uuid: UUID, note: str, *, newest: str) -> None:
    epoch = epoch_of(note)
    if not epoch or epoch == epoch_of(newest):
        return
    file = _ended_file(uuid, epoch)
    if _newness(note) > _newness(_text(file) or ""):
        _replace(file, note)


def _lines(keys: Iterable[VerifierKey]) -> str:
    return "".join(f"{key.vkey}\n" for key in keys)


def _folder() -> Path:
    return Path(settings.CUSTOS_CHECKPOINT_DIR)


def _file(uuid: UUID) -> Path:
    return _folder() / str(uuid)


def _ended_file(uuid: UUID, epoch: int) -> Path:
    return _file(uuid).with_suffix(f".{epoch}")


def _ended_files(uuid: UUID) -> list[Path]:
    found = _file(uuid).parent.glob(f"{uuid}.*")
    return [file for file in found if file.suffix[1:].isdecimal()]


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


def _locked(uuid: UUID) -> AbstractContextManager[None]:
    return _locking(_file(uuid).with_suffix(".lock"))


@contextmanager
def _locking(file: Path) -> Iterator[None]:
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
