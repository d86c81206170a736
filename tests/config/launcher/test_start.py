"""An installation starts, survives the death of any part, and leaves nothing."""

import os
import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.config.launcher.installation import Installation

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_leaves_nothing(
    installation: Installation, how: signal.Signals
) -> None:
    with installation.started() as launcher:
        launcher.send_signal(how)
        launcher.wait(60)

    assert launcher.returncode == 0
    assert installation.leaves_nothing()


def test_stop_works_from_another_terminal(installation: Installation) -> None:
    with installation.started():
        assert installation.run("-m", "config.launcher", "stop").returncode == 0
        assert installation.leaves_nothing()


def test_any_part_may_be_killed(installation: Installation) -> None:
    parts: dict[str, Callable[[], int]] = {
        "PostgreSQL": lambda: installation.server("postgres"),
        "Valkey": lambda: installation.server("valkey"),
        "The web server": lambda: min(installation.processes("granian")),
        "The worker": lambda: min(installation.processes("worker@")),
        "The sequencer": lambda: min(installation.processes("sequencer@")),
        "Beat": lambda: min(installation.processes("beat")),
    }
    with installation.started():
        for title, number in parts.items():
            # The death of one may have ended others, which are back under new numbers.
            said = installation.said
            os.kill(installation.soon(number), signal.SIGKILL)
            installation.wait_for(f"{title} is back.", after=said)

    assert installation.leaves_nothing()


def test_a_killed_launcher_is_followed_by_a_clean_start(
    installation: Installation,
) -> None:
    with installation.started() as launcher:
        launcher.kill()
        launcher.wait()

        with installation.started():
            assert installation.said.endswith(f"{installation.ready_line}\n")

    assert installation.leaves_nothing()


def test_committed_rows_survive_the_death_of_everything(
    installation: Installation,
) -> None:
    with installation.started() as launcher:
        with psycopg.connect(_owner_url(installation)) as owner:
            owner.execute("create table if not exists kept (at timestamptz)")
            owner.execute("insert into kept values (now())")
        everything = [
            installation.server("postgres"),
            installation.server("valkey"),
            *installation.processes(),
        ]
        for number in (launcher.pid, *everything):
            os.kill(number, signal.SIGKILL)
        launcher.wait()

    with installation.started(), psycopg.connect(_owner_url(installation)) as owner:
        row = owner.execute("select count(*) from kept").fetchone()
        owner.execute("drop table kept")

    assert row == (1,)


def test_a_second_start_is_quick(installation: Installation) -> None:
    """Not a measurement: a start that migrates or compresses again takes far longer."""
    began = time.monotonic()
    with installation.started():
        assert time.monotonic() - began < 30
        assert "unchanged" in installation.said


def _owner_url(installation: Installation) -> str:
    return installation.lines()["OWNER_DATABASE_URL"]
