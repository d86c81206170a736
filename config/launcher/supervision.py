"""Keeps the parts of a running installation alive, and ends them together.

A part that dies is named in one line and started again, later each time; one that
dies at once again and again ends the whole with a sentence. Each part leads a process
group of its own, so that what it started ends with it, and Ctrl-C at the terminal
reaches the launcher alone.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from config.launcher import problems
from config.launcher.problems import CannotStart
from config.launcher.progress import say

_SECONDS_OF_A_SHORT_LIFE = 10.0
_SHORT_LIVES = 6
_LONGEST_PAUSE = 30.0
_POLL_SECONDS = 0.05
_LOG_BYTES = 5_000_000


class StopRequested(BaseException):
    """Somebody asked the launcher to end; not an error."""


def _always() -> bool:
    return True


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program of the installation and how it is started, asked and ended."""

    title: str  # begins a sentence: "The web server"
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] = _nothing
    is_ready: Callable[[], bool] = _always
    stop_with: signal.Signals = signal.SIGTERM
    seconds_to_stop: float = 15.0
    is_server: bool = False  # others need it: ends after them


@dataclass
class _Life:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    due: float = 0.0
    short_lives: int = 0
    is_ready: bool = False
    was_ready: bool = field(default=False)


def listen() -> None:
    """Turn the signals that end a program into StopRequested, once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in _ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested(number)

    for each in _ENDING:
        signal.signal(each, stop)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """The running parts, in the order in which they were started."""

    def __init__(self) -> None:
        self._lives: list[_Life] = []

    def start(self, *parts: Part) -> None:
        """Start parts side by side and return when all are ready."""
        lives = [_Life(part) for part in parts]
        self._lives += lives
        while not all(life.is_ready for life in lives):
            self._look()
            time.sleep(_POLL_SECONDS)

    def run(self, part: Part) -> None:
        """Run a program to its end, while the parts are kept alive; raise if it fails.

        What it prints goes to the terminal, its errors to the part's log.
        """
        with _opened(part.log) as log:
            process = subprocess.Popen(
                part.command,
                env=dict(part.environment),
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        try:
            while process.poll() is None:
                self._look()
                time.sleep(_POLL_SECONDS)
        finally:
            _end_group(process)
        if process.returncode != 0:
            raise CannotStart(_why(part, f"{part.title} failed"))

    def watch(self) -> None:
        """Keep everything alive until somebody asks to stop."""
        while True:
            self._look()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the parts side by side, then the servers they need, last first."""
        site = [life for life in self._lives if not life.part.is_server]
        servers = [life for life in self._lives if life.part.is_server]
        _stop(site)
        for life in reversed(servers):
            _stop([life])
        self._lives.clear()

    def _look(self) -> None:
        now = time.monotonic()
        for life in self._lives:
            if life.process is None:
                if now >= life.due:
                    _begin(life)
            elif life.process.poll() is not None:
                _mourn(life)
            elif not life.is_ready and now >= life.due:
                life.due = now + 2 * _POLL_SECONDS
                _ask(life)


def _begin(life: _Life) -> None:
    part = life.part
    part.prepare()
    with _opened(part.log) as log:
        life.process = subprocess.Popen(
            part.command,
            env=dict(part.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    life.began = life.due = time.monotonic()


def _ask(life: _Life) -> None:
    life.is_ready = life.part.is_ready()
    if life.is_ready and life.was_ready:
        say(f"{life.part.title} is back.")
    life.was_ready = life.was_ready or life.is_ready


def _mourn(life: _Life) -> None:
    """Clear away what a dead part left and plan its next life."""
    process = life.process
    assert process is not None
    _end_group(process)
    lived = time.monotonic() - life.began
    is_short = lived < _SECONDS_OF_A_SHORT_LIFE
    life.short_lives = life.short_lives + 1 if is_short else 1
    if life.short_lives >= _SHORT_LIVES:
        often = f"{life.part.title} ended {life.short_lives} times in a row"
        raise CannotStart(_why(life.part, often))
    pause = min(0.25 * 2**life.short_lives, _LONGEST_PAUSE)
    how = _ending(process.returncode)
    say(f"{life.part.title} ended ({how}); starting it again in {pause:.1f} s.")
    life.process, life.is_ready = None, False
    life.due = time.monotonic() + pause


def _stop(lives: Sequence[_Life]) -> None:
    running = [(life.part, life.process) for life in lives if life.process]
    for part, process in running:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(part.stop_with)
    for part, process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(part.seconds_to_stop)
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a part's process group, and the part itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _opened(log: Path) -> Iterator[IO[bytes]]:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    with log.open("ab") as file:
        yield file


def _why(part: Part, what: str) -> str:
    said = problems.last_line(part.log)
    return f"{what}; see {part.log}{f' ({said})' if said else ''}"


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
