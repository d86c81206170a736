"""Chooses loopback ports: the web's is asked for, the servers' are kept once found."""

import contextlib
import socket
import time

from config.launcher.home import Memory
from config.launcher.problems import CannotStart

HOST = "127.0.0.1"
_HIGHEST = 65535
_SECONDS_TO_FREE = 5.0  # an earlier run of ours may still be closing


def is_free(port: int) -> bool:
    """Tells whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def kept(memory: Memory, *, name: str, preferred: int = 0) -> int:
    """The port kept under `name`, or another one, kept from now on, where it is taken.

    `preferred` is tried at the first start.
    """
    port = int(memory.recall(f"port:{name}") or preferred or any_free())
    if not is_free(port):
        port = any_free()
    memory.keep(f"port:{name}", port)
    return port


def for_web(asked: str) -> int:
    """The port a person asked for, refused with one sentence where it cannot be."""
    port = int(asked) if asked.isdecimal() else 0
    if not 0 < port <= _HIGHEST:
        raise CannotStart(f"PORT={asked} is no port: take a number from 1 to 65535.")
    until = time.monotonic() + _SECONDS_TO_FREE
    while not is_free(port):
        if time.monotonic() > until:
            raise CannotStart(_taken(port))
        time.sleep(0.1)
    return port


def _taken(port: int) -> str:
    with contextlib.suppress(StopIteration):
        above = range(port + 10, min(port + 200, _HIGHEST), 10)
        other = next(number for number in above if is_free(number))
        return f"Port {port} is taken: run `make run PORT={other}` instead."
    return f"Port {port} is taken: run `make run PORT={any_free()}` instead."
