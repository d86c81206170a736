"""Worker, beat, PostgreSQL and Valkey die at each call of a store that a sweep makes.

Beat and the worker are a child of this process that dies by SIGKILL: nothing of it is
unwound. The database is a server of the test's own, of which one process is killed, so
that it ends every session and recovers from its log. Valkey is one of the test's own
as well, and comes back without any message.
"""

import os
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, connections
from kombu.exceptions import OperationalError
from psycopg import sql

from config.celery import app
from config.launcher import ports, postgres, surroundings, valkey
from config.launcher.cluster import ADMIN
from kit import clock
from retention.sweeps import tasks
from retention.sweeps.services import planning
from tests.cast import NOON
from tests.harness import servers, stand, templates
from tests.retention.conftest import Stage
from tests.retention.sweeps.store_calls import Content, lapse, watched, whole_sweep

SOME = 10
"""So many points are tried by the quick suite, evenly; the slow one tries all."""

_OWNERS = {"content": "owner", "vault": "vault"}
_CHILD = "custos-dies"
_OTHERS = "select count(*) from pg_stat_activity where application_name = %s"


@pytest.fixture(autouse=True)
def small_windows_at_noon(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(planning, "WINDOW", 2)
    with clock.fixed_at(NOON):
        yield


def points_of(content: Content) -> int:
    """How many there are in one sweep that nothing disturbs."""
    number = 0

    def point() -> None:
        nonlocal number
        number += 1

    content.add()
    with watched(point):
        whole_sweep(point)
    return number


def some(points: int, at_most: int | None) -> range:
    """Evenly spread; a prime step meets a statement before and after it in turn."""
    return range(0, points, max(1, points // (at_most or points)) | 1)


def die_at(number: int) -> None:
    """A child makes a whole sweep and is killed at one point."""
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _child(number, writing)
    os.close(writing)
    with os.fdopen(reading) as said:
        story = said.read()
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), f"point {number} was not reached: {story}"
    _wait_for_its_sessions()


def _child(number: int, writing: int) -> None:
    left = number
    os.environ["PGAPPNAME"] = _CHILD

    def point() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    story = "the sweep came to its end"
    try:
        with watched(point):
            whole_sweep(point)
    except BaseException:  # noqa: BLE001 -- told to the parent, whatever it is
        story = traceback.format_exc()
    os.write(writing, story.encode())
    os._exit(0)


def _wait_for_its_sessions() -> None:
    """A server notices only at its next read that nobody is there any more."""
    at = stand.of_this_run()
    url = at.url("postgres").replace("//", f"//{ADMIN}:{stand.PASSWORD}@")
    with psycopg.connect(url, autocommit=True) as admin:
        for _try in range(1000):
            if admin.execute(_OTHERS, [_CHILD]).fetchone() == (0,):
                return
            time.sleep(0.01)
    raise AssertionError("sessions of the dead child live on")


@pytest.mark.parametrize("most", [SOME, pytest.param(None, marks=pytest.mark.slow)])
def test_a_worker_or_beat_may_die_at_each_call_of_a_store(stage: Stage, entries, most):
    content = Content(stage)

    for number in some(points_of(content), most):
        content.add()
        die_at(number)
        lapse()
        whole_sweep()
        content.assert_gone_and_told_once(entries)


@pytest.fixture
def own_server(transactional_db, monkeypatch) -> Iterator[str]:
    """A server that may die; its superuser's address. Commits are what they promise."""
    at = replace(
        stand.of_this_run(),
        folder=str(stand.of_this_run().path / f"dies-{stand.worker()}"),
        postgres_port=ports.any_free(),
    )
    at.path.mkdir(mode=0o711)
    found = templates.copy_into(at)
    promised = {"synchronous_commit": "on"}
    with servers.postgres_running(
        found, port=at.postgres_port, folder=at.path, settings=promised
    ):
        url = postgres.url(found, port=at.postgres_port)
        with psycopg.connect(url, autocommit=True) as admin:
            for kind, template in stand.TEMPLATES.items():
                admin.execute(
                    sql.SQL("create database {} template {} owner {}").format(
                        sql.Identifier(stand.database(kind)),
                        sql.Identifier(template),
                        sql.Identifier(stand.LOGINS.name(_OWNERS[kind])),
                    )
                )
        connections.close_all()
        with monkeypatch.context() as patched:
            for alias in connections:
                there = connections.settings[alias]
                patched.setitem(there, "PORT", str(at.postgres_port))
            yield url
            connections.close_all()


@pytest.mark.parametrize("most", [SOME, pytest.param(None, marks=pytest.mark.slow)])
def test_the_database_may_die_at_each_call_of_a_store(
    own_server, request, entries, most
):
    content = Content(request.getfixturevalue("stage"))

    for number in some(points_of(content), most):
        content.add()
        _crash_at(number, own_server)
        lapse()
        whole_sweep()
        content.assert_gone_and_told_once(entries)


def _crash_at(number: int, url: str) -> None:
    """One process of the server is killed, and the server with it."""
    left = number

    def point() -> None:
        nonlocal left
        left -= 1
        if left == -1:
            _crash(url)

    with suppress(DatabaseError, InterfaceError), watched(point):
        whole_sweep(point)
    assert left < 0, "the point was not reached"
    connections.close_all()
    _wait_until_it_answers(url)


def _crash(url: str) -> None:
    with psycopg.connect(url) as one:
        os.kill(one.info.backend_pid, signal.SIGKILL)
        with suppress(psycopg.OperationalError):
            one.execute("select 1")


def _wait_until_it_answers(url: str) -> None:
    for _try in range(1000):
        with suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.02)
    raise AssertionError("the server did not come back")


class Broker:
    """A Valkey that can be killed, and forgets everything when it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = ports.any_free()
        self._left = 0
        self._running = ExitStack()
        self._start()

    @property
    def _url(self) -> str:
        return f"redis://:{stand.PASSWORD}@{ports.HOST}:{self._port}/0"

    def ring(self) -> None:
        """Publishes as an edge does; at the point, Valkey is killed before."""
        self._left -= 1
        if self._left == -1:
            self._process.kill()
            self._process.wait()
        with app.connection_for_write(self._url) as connection:
            tasks.work_run.apply_async(
                kwargs={"run_id": 0}, connection=connection, retry=False
            )

    def die_at(self, number: int) -> None:
        self._left = number

    def come_back(self) -> None:
        self.close()
        self._start()
        self._left = 1_000_000

    def close(self) -> None:
        self._running.close()

    def _start(self) -> None:
        self._process = self._running.enter_context(
            servers.running(
                valkey.command(
                    self._folder / "data",
                    port=self._port,
                    password=stand.PASSWORD,
                    is_durable=False,
                ),
                log=self._folder / "valkey.log",
                environment=surroundings.of_servers(),
                is_ready=lambda: valkey.answers(self._url),
            )
        )


@pytest.fixture
def broker(tmp_path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.close()


def test_valkey_may_die_at_each_ring(stage: Stage, entries, broker: Broker):
    content, deaths = Content(stage), 0
    content.add()
    broker.die_at(deaths)

    while _broke(broker):
        deaths += 1
        broker.come_back()
        whole_sweep(broker.ring)
        content.assert_gone_and_told_once(entries)
        content.add()
        broker.die_at(deaths)

    assert deaths > 1
    content.assert_gone_and_told_once(entries)


def _broke(broker: Broker) -> bool:
    """Whether the sweep came to the ring at which Valkey dies."""
    try:
        whole_sweep(broker.ring)
    except OperationalError:
        return True
    return False
