"""What works beside an installation that runs, which all tests of this file share."""

import shutil
from collections.abc import Iterator
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
def running(installation: Installation) -> Iterator[Installation]:
    """Started once: no test here ends or changes it."""
    with installation.started():
        yield installation


def test_each_stage_has_a_line_and_the_last_one_says_ready(
    running: Installation,
) -> None:
    lines = running.said.splitlines()

    assert lines[-1] == running.ready_line
    for title in _STAGES:
        assert any(line.startswith(f"{title} ") for line in lines), title
    assert all(line.endswith(" s)") for line in lines[:-1])


def test_a_second_launcher_is_refused_with_one_sentence(
    running: Installation,
) -> None:
    second = running.run("-m", "config.launcher", "run")
    reset = running.run("-m", "config.launcher", "demo-reset")

    for refused in (second, reset):
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert "make stop" in refused.stderr


def test_commands_work_beside_it_without_arguments(
    running: Installation,
) -> None:
    done = running.run("manage.py", "migrate", "--check", "--database", "owner")

    assert done.returncode == 0, done.stderr


def test_the_vault_lets_in_nobody_else(running: Installation) -> None:
    lines = running.lines()
    database = lines["VAULT_DATABASE_URL"].rpartition("/")[2]
    url = lines["DATABASE_URL"].rpartition("/")[0]
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"{url}/{database}")


def test_two_homes_run_side_by_side(running: Installation, tmp_path: Path) -> None:
    other = _another(running, tmp_path)
    with other.started():
        kept = ("port:postgresql", "port:valkey")
        mine, theirs = (
            {home.memory.recall(name) for name in kept}
            for home in (running.home, other.home)
        )
        assert not mine & theirs


def test_a_real_server_takes_the_place_of_the_embedded_one(
    running: Installation, tmp_path: Path
) -> None:
    port = running.home.memory.recall("port:postgresql")
    password = running.home.memory.recall("password:admin")
    admin = f"postgres://custos_admin:{password}@127.0.0.1:{port}"
    with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
        connection.execute("create database elsewhere")
        connection.execute("create database elsewhere_vault")
    real = {
        "DATABASE_URL": f"{admin}/elsewhere",
        "VAULT_DATABASE_URL": f"{admin}/elsewhere_vault",
        "CUSTOS_ROLE_PREFIX": "elsewhere",
    }
    other = _another(running, tmp_path, **real)
    with other.started():
        lines = other.lines()
        with psycopg.connect(lines["DATABASE_URL"]) as app:
            row = app.execute("select current_user, current_database()").fetchone()
        assert other.home.memory.recall("port:postgresql") is None

    assert row == ("elsewhere_app", "elsewhere")


def _another(
    installation: Installation, folder: Path, **environment: str
) -> Installation:
    """An installation without the demo, which has its static files already."""
    other = Installation(folder / "other", {"CUSTOS_DEMO": "false", **environment})
    shutil.copytree(installation.home.path / "static", other.home.path / "static")
    shutil.copy(installation.home.path / "static.sources", other.home.path)
    return other
