"""An installation starts, survives the death of any part, and leaves nothing."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.config.launcher.installation import Installation

pytestmark = pytest.mark.slow

_STAGES = (
    *("Keys", "PostgreSQL", "Content database", "Vault", "Valkey", "Migrations"),
    *("Checks", "Static files", "Web server", "Workers"),
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Started once before, so that the tests' own starts are quick ones."""
    found = Installation(tmp_path_factory.mktemp("installation"))
    with found.started():
        pass
    return found


def test_each_stage_has_a_line_and_the_last_one_says_ready(
    installation: Installation,
) -> None:
    with installation.started():
        lines = installation.said.splitlines()

    assert lines[-1] == installation.ready_line
    for title in _STAGES:
        assert any(line.startswith(f"{title} ") for line in lines), title
    assert all(line.endswith(" s)") for line in lines[:-1])


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


def test_a_second_launcher_is_refused_with_one_sentence(
    installation: Installation,
) -> None:
    with installation.started():
        second = installation.run("-m", "config.launcher", "run")
        reset = installation.run("-m", "config.launcher", "demo-reset")

    for refused in (second, reset):
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert "make stop" in refused.stderr


def test_commands_work_beside_it_without_arguments(
    installation: Installation,
) -> None:
    with installation.started():
        done = installation.run(
            "manage.py", "migrate", "--check", "--database", "owner"
        )

    assert done.returncode == 0, done.stderr


def test_the_vault_lets_in_nobody_else(installation: Installation) -> None:
    with installation.started():
        lines = _environment(installation)
        database = lines["VAULT_DATABASE_URL"].rpartition("/")[2]
        url = lines["DATABASE_URL"].rpartition("/")[0]
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"{url}/{database}")


def test_two_homes_run_side_by_side(installation: Installation, tmp_path: Path) -> None:
    other = _another(installation, tmp_path)
    with installation.started(), other.started():
        kept = ("port:postgresql", "port:valkey")
        mine, theirs = (
            {home.memory.recall(name) for name in kept}
            for home in (installation.home, other.home)
        )
        assert not mine & theirs


def test_a_real_server_takes_the_place_of_the_embedded_one(
    installation: Installation, tmp_path: Path
) -> None:
    with installation.started():
        port = installation.home.memory.recall("port:postgresql")
        password = installation.home.memory.recall("password:admin")
        admin = f"postgres://custos_admin:{password}@127.0.0.1:{port}"
        with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
            connection.execute("create database elsewhere")
            connection.execute("create database elsewhere_vault")
        real = {
            "DATABASE_URL": f"{admin}/elsewhere",
            "VAULT_DATABASE_URL": f"{admin}/elsewhere_vault",
            "CUSTOS_ROLE_PREFIX": "elsewhere",
        }
        other = _another(installation, tmp_path, **real)
        with other.started():
            lines = _environment(other)
            with psycopg.connect(lines["DATABASE_URL"]) as app:
                row = app.execute("select current_user, current_database()").fetchone()
            assert other.home.memory.recall("port:postgresql") is None

    assert row == ("elsewhere_app", "elsewhere")


def test_a_second_start_is_quick(installation: Installation) -> None:
    """Not a measurement: a start that migrates or compresses again takes far longer."""
    began = time.monotonic()
    with installation.started():
        assert time.monotonic() - began < 30
        assert "unchanged" in installation.said


def _another(
    installation: Installation, folder: Path, **environment: str
) -> Installation:
    """An installation without the demo, which has its static files already."""
    other = Installation(folder / "other", {"CUSTOS_DEMO": "false", **environment})
    shutil.copytree(installation.home.path / "static", other.home.path / "static")
    shutil.copy(installation.home.path / "static.sources", other.home.path)
    return other


def _environment(installation: Installation) -> dict[str, str]:
    lines = installation.home.environment.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def _owner_url(installation: Installation) -> str:
    return _environment(installation)["OWNER_DATABASE_URL"]
