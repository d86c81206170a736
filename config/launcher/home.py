"""The folder that holds all that one installation keeps: `$CUSTOS_HOME`.

Everything in it belongs to one account and is closed to others. Files appear whole or
not at all, so that a crash at any point leaves something the next start can use.
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from config.launcher.problems import CannotStart

_ENDING = "ending"


@dataclass(frozen=True, kw_only=True)
class Home:
    """The places inside the folder."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """The home at `path`, made where missing."""
        home = cls(path=path.resolve())
        for folder in (home.path, home.keys, home.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def environment(self) -> Path:
        return self.path / "env"

    @property
    def lock(self) -> Path:
        return self.path / "launcher.lock"

    @property
    def memory(self) -> "Memory":
        return Memory(self.path / "launcher.json")


class Memory:
    """What the launcher decided once and keeps: ports, passwords, what was seeded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, name: str) -> Any:
        """The value kept under `name`, or None."""
        return self._read().get(name)

    def keep(self, name: str, value: object) -> None:
        """Keep `value` under `name`."""
        write_private(self._path, json.dumps(self._read() | {name: value}, indent=2))

    def once(self, name: str, decide: Callable[[], Any]) -> Any:
        """The kept value, decided now where there is none."""
        value = self.recall(name)
        if value is None:
            value = decide()
            self.keep(name, value)
        return value

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise CannotStart(
                f"{self._path} is damaged: restore it from a backup of the folder."
            ) from None


def write_private(path: Path, text: str) -> None:
    """Put `text` in place of a file in one step, readable by its owner alone."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


class Hold:
    """A home held by this process."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._write(str(os.getpid()))

    def is_ending(self) -> None:
        """Tell the next launcher that it may wait for this one."""
        self._write(f"{os.getpid()} {_ENDING}")

    def _write(self, text: str) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()


@contextmanager
def held(home: Home) -> Iterator[Hold]:
    """Holds the home for one launcher; the kernel lets go when the process ends."""
    with home.lock.open("a+") as file:
        while not _locks(file):
            if _ENDING not in home.lock.read_text():
                raise CannotStart(
                    f"Custos is running from {home.path} already: "
                    "end it with `make stop`."
                )
            time.sleep(0.1)
        yield Hold(file)


def holder(home: Home) -> int | None:
    """The process that holds the home, or None.

    The lock tells whether there is one; the number in the file only tells which.
    """
    if not home.lock.exists():
        return None
    with home.lock.open("r+") as file:
        if _locks(file):
            return None
        return int((file.read().split() or ["0"])[0]) or None


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
