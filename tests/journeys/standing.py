"""Starts the whole product for journeys: the launcher on databases that are seeded.

Seeding is paid once per run. Each site after that is a copy of the seeded databases and
home, started by `config.launcher` as a person starts it, with beat, workers and the
demo identity provider.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import redis
from celery import Celery
from django.conf import settings
from psycopg import sql

from config.launcher import keys, ports
from config.launcher.cluster import ADMIN
from config.launcher.home import Home
from config.launcher.surroundings import BASE_DIR
from tests.config.launcher.installation import Installation, bare_environment
from tests.harness import stand, statics
from tests.harness.stand import LOGINS, PASSWORD, TEMPLATES

_OWNERS = {"content": "owner", "vault": "vault"}
_SEEDED = {kind: f"seeded_{kind}" for kind in TEMPLATES}
_CHOSEN = ("CUSTOS_HOME", "CUSTOS_BASE_URL", "CUSTOS_DEMO_IDP_URL", "PATH")
# Sites at the same time keep their queues apart, and from those of other tests, which
# have the lower half of Valkey's sixteen databases.
_QUEUES = {"site": 8, "own": 9}
_QUEUE = settings.CELERY_TASK_DEFAULT_QUEUE


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running product with its demo."""

    url: str
    installation: Installation
    database: str
    queue: str

    def ring(self, task: str) -> None:
        """What beat rings each minute, rung now; what is due lies in rows."""
        route = settings.CELERY_TASK_ROUTES.get(task, {})
        with Celery(broker=self.queue) as app:
            app.send_task(task, queue=route.get("queue", _QUEUE))

    def as_superuser(self) -> "psycopg.Connection[Any]":
        """Its content database past everything that protects it."""
        return psycopg.connect(
            _admins(self.database), options="-c session_replication_role=replica"
        )

    def command(self, *words: str) -> dict[str, Any]:
        """The JSON answer of a management command beside it."""
        done = self.installation.run("manage.py", *words, "--json")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@contextlib.contextmanager
def started(name: str) -> Iterator[Site]:
    """A site of its own, with the demo as a visitor first finds it."""
    seeded = _seeded()
    databases = {kind: f"{name}_{stand.worker()}_{kind}" for kind in TEMPLATES}
    _copy_databases(_SEEDED, to=databases)
    # Heads that an earlier site of that name published would be ahead of this database.
    shutil.rmtree(stand.of_this_run().path / stand.worker() / name, ignore_errors=True)
    home = Home.at(stand.of_this_run().path / stand.worker() / name)
    shutil.copytree(
        seeded.path,
        home.path,
        ignore=shutil.ignore_patterns("*.lock", "env"),
        dirs_exist_ok=True,
    )
    home.memory.keep("port:demo-idp", ports.any_free())
    lines = _lines(home, databases)
    lines["REDIS_URL"] = _queue(name, lines["REDIS_URL"])
    for chosen_by_the_launcher in _CHOSEN:
        del lines[chosen_by_the_launcher]
    with redis.Redis.from_url(lines["REDIS_URL"]) as queue:
        queue.flushdb()
    installation = Installation(home.path, lines)
    with installation.started():
        yield Site(
            url=f"http://{ports.HOST}:{installation.port}",
            installation=installation,
            database=databases["content"],
            queue=lines["REDIS_URL"],
        )


def _seeded() -> Home:
    """The home that belongs to the seeded databases, made by whoever comes first."""
    home = Home.at(stand.of_this_run().path / "seeded")
    done = home.path / "done"
    with home.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _seed(home)
            done.touch()
    return home


def _seed(home: Home) -> None:
    keys.make_missing(home, are_in_use=False)
    statics.copy_into(home.path / "static")
    _copy_databases(TEMPLATES, to=_SEEDED)
    done = subprocess.run(
        [sys.executable, "-m", "config.launcher.prepare"],
        cwd=BASE_DIR,
        env=bare_environment(**_lines(home, _SEEDED)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The demo was not seeded:\n{done.stderr[-4000:]}")


def _lines(home: Home, databases: dict[str, str]) -> dict[str, str]:
    at = stand.of_this_run()
    lines = stand.lines(at, home, databases=databases)
    return {
        **lines,
        # Connected apps of journeys are on this machine.
        "CUSTOS_OUTBOUND_ALLOW_PRIVATE": "true",
        "PYTHONPATH": str(BASE_DIR),
        "PATH": os.environ.get("PATH", os.defpath),
    }


def _queue(name: str, address: str) -> str:
    number = int(stand.worker().removeprefix("gw")) * len(_QUEUES)
    return f"{address.rpartition('/')[0]}/{_QUEUES[name] + number % 8}"


def _copy_databases(sources: dict[str, str], *, to: dict[str, str]) -> None:
    with psycopg.connect(_admins("postgres"), autocommit=True) as connection:
        for kind, source in sources.items():
            names = {
                "name": sql.Identifier(to[kind]),
                "template": sql.Identifier(source),
                "owner": sql.Identifier(LOGINS.name(_OWNERS[kind])),
            }
            for text in _COPY:
                connection.execute(sql.SQL(text).format(**names))


def _admins(database: str) -> str:
    whole = stand.of_this_run().url(database)
    return whole.replace("//", f"//{ADMIN}:{PASSWORD}@")


_COPY = (
    "drop database if exists {name} with (force)",
    "create database {name} template {template} owner {owner}",
)
