"""Runs the servers of a test run, and what else tests start, until they are done."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from config.launcher import postgres, problems, surroundings, valkey
from config.launcher.cluster import Cluster
from config.launcher.ports import HOST
from tests.harness import stand
from tests.harness.stand import Stand

# Tests lose nothing that matters when the machine goes down.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "128MB",
}
_SECONDS = 60


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
    stop_with: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program, from the moment it is ready until the block ends."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        _wait(process, is_ready, log)
        yield process
    finally:
        process.send_signal(stop_with)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(
    process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path
) -> None:
    until = time.monotonic() + _SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            said = problems.last_line(log)
            raise RuntimeError(f"{process.args!r} did not start: {said}")
        time.sleep(0.02)


@contextlib.contextmanager
def postgres_running(
    found: Cluster,
    *,
    port: int,
    folder: Path,
    settings: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """The cluster's server, fast and forgetful unless `settings` say otherwise."""
    with running(
        postgres.command(found, port=port, settings=_FAST | dict(settings or {})),
        log=folder / "postgresql.log",
        environment=surroundings.of_servers(),
        is_ready=lambda: postgres.answers(found, port=port),
        stop_with=postgres.STOP,
    ):
        yield


@contextlib.contextmanager
def valkey_running(at: Stand) -> Iterator[None]:
    """Valkey without a file."""
    port, password = at.valkey_port, stand.PASSWORD
    with running(
        valkey.command(
            at.path / "valkey", port=port, password=password, is_durable=False
        ),
        log=at.path / "valkey.log",
        environment=surroundings.of_servers(),
        is_ready=lambda: valkey.answers(f"redis://:{password}@{HOST}:{port}/0"),
    ):
        yield
