"""Ends processes that an earlier launcher of this home left behind.

They are known by a line of their environment, not by a number kept in a file: a
number may belong to somebody else by now. The servers are asked by their own protocol
instead (see postgres.py and valkey.py).
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from config.launcher.home import Home

MARK = "CUSTOS_LAUNCHED_FROM"
_SECONDS_TO_STOP = 5.0


def mark(home: Home) -> dict[str, str]:
    """What a child carries in its environment."""
    return {MARK: str(home.path)}


def end(home: Home) -> int:
    """End every process that carries the mark of this home; tells how many."""
    found = list(marked(home))
    until = time.monotonic() + _SECONDS_TO_STOP
    how = signal.SIGTERM
    while remaining := list(marked(home)):
        for number in remaining:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, how)
        if time.monotonic() > until:
            how = signal.SIGKILL
        time.sleep(0.1)
    return len(found)


def marked(home: Home) -> Iterator[int]:
    """The processes of this home, without the one that asks."""
    wanted = f"{MARK}={home.path}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or another account's
        if wanted in environment.split(b"\0") and int(folder.name) != os.getpid():
            yield int(folder.name)
