"""A whole installation of its own, driven as a person at a terminal would."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from config.launcher import leftovers, ports
from config.launcher.home import Home
from config.launcher.surroundings import BASE_DIR

_SECONDS_TO_START = 240
_SECONDS_TO_STOP = 60
_LEAVING_SECONDS = 10
_KEPT = re.compile(r"^(PATH|HOME|LANG|PIP_.*|SSL_.*|https?_proxy|HTTPS?_PROXY)$")


def bare_environment(**more: str) -> dict[str, str]:
    """What a fresh terminal has: nothing of the test run's own servers."""
    kept = {name: text for name, text in os.environ.items() if _KEPT.match(name)}
    return kept | more


class Installation:
    """One home and its port; `start` it as often as a test wants."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None):
        self.home = Home.at(home)
        self.port = ports.any_free()
        self.output = home / "output"
        self._environment = bare_environment(
            CUSTOS_HOME=str(home), PORT=str(self.port), **(environment or {})
        )

    @property
    def ready_line(self) -> str:
        return f"Custos is ready at http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def started(self) -> Iterator[subprocess.Popen[bytes]]:
        """The launcher, from its ready line until the block ends."""
        with self.output.open("wb") as output:
            launcher = subprocess.Popen(
                [sys.executable, "-m", "config.launcher", "run"],
                cwd=BASE_DIR,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            self.wait_for(self.ready_line, launcher=launcher)
            yield launcher
        finally:
            with contextlib.suppress(ProcessLookupError):
                launcher.send_signal(signal.SIGTERM)
            launcher.wait(_SECONDS_TO_STOP)

    def lines(self) -> dict[str, str]:
        """What it left for commands."""
        lines = self.home.environment.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    def wait_for(
        self,
        text: str,
        *,
        launcher: subprocess.Popen[bytes] | None = None,
        after: str = "",
    ) -> None:
        """Wait until the launcher has said `text`, after what it had said before."""
        until = time.monotonic() + _SECONDS_TO_START
        while text not in self.said[len(after) :]:
            is_over = launcher is not None and launcher.poll() is not None
            if is_over or time.monotonic() > until:
                raise AssertionError(f"never said {text!r}:\n{self.said}")
            time.sleep(0.05)

    @property
    def said(self) -> str:
        return self.output.read_text()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command at another terminal."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=BASE_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS_TO_START,
        )

    def processes(self, word: str = "") -> list[int]:
        """The site's processes whose command line has `word`."""
        return [
            number
            for number in leftovers.marked(self.home)
            if word in _command_line(number)
        ]

    def server(self, name: str) -> int:
        """The process of an embedded server."""
        wanted = f"port={self.home.memory.recall('port:postgresql')}"
        if name == "valkey":
            wanted = f":{self.home.memory.recall('port:valkey')}"
        numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
        return next(
            number
            for number in numbers
            if name in _command_line(number) and wanted in _command_line(number)
        )

    def soon(self, find: Callable[[], int]) -> int:
        """What `find` finds, once it is there: a part may be on its way back."""
        until = time.monotonic() + _SECONDS_TO_START
        while True:
            try:
                return find()
            except (StopIteration, ValueError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def leaves_nothing(self) -> bool:
        """Tells whether no process and no open port of this home is left.

        The process that stopped all others is the last to go: it has a moment for it.
        """
        kept = ("port:postgresql", "port:valkey")
        open_ports = [self.port, *(self.home.memory.recall(name) for name in kept)]
        deadline = time.monotonic() + _LEAVING_SECONDS
        while self.processes() or not all(map(ports.is_free, open_ports)):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


def _command_line(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
