"""A part that dies is started again; one that cannot live ends the whole."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.launcher import supervision
from config.launcher.problems import CannotStart
from config.launcher.supervision import Part, Supervisor


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    started = Supervisor()
    yield started
    started.stop()


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    def make(code: str, **more: object) -> Part:
        return Part(
            title="The part",
            command=[sys.executable, "-c", code],
            log=tmp_path / "log" / "part.log",
            environment=dict(os.environ),
            **more,  # type: ignore[arg-type]
        )

    return make


def _written(path: Path, *, lines: int, supervisor: Supervisor) -> list[str]:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        supervisor._look()
        found = path.read_text().split() if path.exists() else []
        if len(found) >= lines:
            return found
    raise AssertionError(f"{path} never had {lines} lines")


_SAY_PID_AND_WAIT = """
import os, sys, time
with open({path!r}, "a") as file: print(os.getpid(), file=file)
time.sleep(60)
"""


def test_a_killed_part_is_started_again(
    supervisor: Supervisor,
    part: Callable[..., Part],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "pids"
    supervisor.start(part(_SAY_PID_AND_WAIT.format(path=str(path))))
    (first,) = _written(path, lines=1, supervisor=supervisor)

    os.kill(int(first), signal.SIGKILL)

    _, second = _written(path, lines=2, supervisor=supervisor)
    assert second != first
    assert "The part ended (SIGKILL); starting it again" in capsys.readouterr().out


def test_what_a_part_started_ends_with_it(
    supervisor: Supervisor, part: Callable[..., Part], tmp_path: Path
) -> None:
    path = tmp_path / "pids"
    child = _SAY_PID_AND_WAIT.format(path=str(path))
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    supervisor.start(part(code))
    (number,) = _written(path, lines=1, supervisor=supervisor)

    supervisor.stop()

    assert _has_ended(int(number))


def test_a_part_that_cannot_live_ends_with_its_last_words(
    supervisor: Supervisor,
    part: Callable[..., Part],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, "_LONGEST_PAUSE", 0.01)
    broken = part("raise SystemExit('no such setting')", is_ready=lambda: False)

    with pytest.raises(CannotStart, match=r"6 times in a row.*no such setting"):
        supervisor.start(broken)


def test_a_part_that_ignores_the_request_is_ended(
    part: Callable[..., Part], tmp_path: Path
) -> None:
    path = tmp_path / "pids"
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    supervisor = Supervisor()
    stubborn = code + _SAY_PID_AND_WAIT.format(path=str(path))
    supervisor.start(part(stubborn, seconds_to_stop=0.2))
    (number,) = _written(path, lines=1, supervisor=supervisor)

    supervisor.stop()

    assert _has_ended(int(number))


def test_servers_end_after_those_who_need_them(
    part: Callable[..., Part], tmp_path: Path
) -> None:
    order = tmp_path / "order"
    code = """
import signal, sys, time
def end(*_):
    time.sleep(0.1)
    with open({path!r}, "a") as file: print({name!r}, file=file)
    sys.exit()
signal.signal(signal.SIGTERM, end)
open({path!r} + {name!r}, "w").close()
time.sleep(60)
"""
    supervisor = Supervisor()
    for name in ("server", "web"):
        supervisor.start(
            part(
                code.format(path=str(order), name=name),
                is_ready=Path(f"{order}{name}").exists,
                is_server=name == "server",
            )
        )

    supervisor.stop()

    assert order.read_text().split() == ["web", "server"]


def test_a_failed_step_says_why(
    supervisor: Supervisor, part: Callable[..., Part]
) -> None:
    with pytest.raises(CannotStart, match="no such table"):
        supervisor.run(part("raise SystemExit('no such table')"))


def _has_ended(number: int) -> bool:
    """Tells whether a process is gone, or soon will be: a signal takes a moment."""
    stat = Path(f"/proc/{number}/stat")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if ") Z " in stat.read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False
