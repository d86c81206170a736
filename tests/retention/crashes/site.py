"""Servers and folders of the tests' own that may die, and come back as prepared.

Each interleaving begins with the same rows, keys, files and heads: databases are copied
from templates, folders from a copy. PostgreSQL runs without synchronous commits: only
what the product asks to be flushed outlives it.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connections
from psycopg import sql

from config.celery import app
from config.launcher import ports, postgres, surroundings, valkey
from config.launcher.cluster import Cluster
from tests.harness import servers, stand, templates
from tests.retention.crashes.calls import Unwatched

_IN_MEMORY = "memory://"
_OWNERS = {"content": "owner", "vault": "vault"}
_SECONDS = 20
_OTHERS = """
select count(*) from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid()
"""
_LAPSED = (
    "update retention_sweeprun set lease_until = null",
    "update retention_sweepslice set keys_claimed_at = keys_claimed_at"
    " - interval '1 hour' where keys_destroyed_at is null",
    "update retention_doom set claimed_at = claimed_at - interval '1 hour'"
    " where destroyed_at is null",
)


@dataclass
class Site:
    """A PostgreSQL, a Valkey, the blobs and the published heads."""

    folder: Path
    cluster: Cluster
    port: int
    valkey_port: int

    def __post_init__(self) -> None:
        self._postgres, self._valkey = ExitStack(), ExitStack()
        self._deaths = 0

    def start(self) -> None:
        """Whichever of the two does not run."""
        if not postgres.answers(self.cluster, port=self.port):
            self._postgres.close()
            self._start_postgres()
        if not valkey.answers(self.broker):
            self._valkey.close()
            self._valkey.enter_context(self._valkey_running())

    def close(self) -> None:
        """Stops both."""
        self._postgres.close()
        self._valkey.close()

    @contextmanager
    def with_valkey(self) -> Iterator[None]:
        """Elsewhere queues are in the process's own memory, which is faster."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(app.conf, "broker_url", self.broker)
            yield

    @property
    def broker(self) -> str:
        """The address of Valkey."""
        return valkey.url(port=self.valkey_port, password=stand.PASSWORD, database=0)

    def admin(self, kind: str | None = None) -> Unwatched:
        """A superuser's connection, to the database of a kind or to none of ours."""
        name = stand.database(kind) if kind else "postgres"
        url = postgres.url(self.cluster, port=self.port, database=name)
        return Unwatched.connect(url, autocommit=True)

    def keep(self) -> None:
        """What there is now is how each interleaving begins."""
        connections.close_all()
        self._copy({kind: stand.database(kind) for kind in _OWNERS}, _prepared)
        shutil.copytree(self.folder / "files", self.folder / "kept")

    def begin(self) -> None:
        """As it was kept, with an empty broker."""
        self._copy({kind: _prepared(kind) for kind in _OWNERS}, stand.database)
        shutil.rmtree(self.folder / "files")
        shutil.copytree(self.folder / "kept", self.folder / "files")
        with redis.Redis.from_url(self.broker) as client:
            client.flushall()

    def fresh(self) -> None:
        """The harness's own templates, without anything of a test."""
        self._copy(stand.TEMPLATES, stand.database)
        (self.folder / "files").mkdir()

    def kill_postgres(self) -> None:
        """Stopped in immediate mode and by SIGKILL of the postmaster, in turn."""
        self._deaths += 1
        how = signal.SIGQUIT if self._deaths % 2 else signal.SIGKILL
        file = self.cluster.data / "postmaster.pid"
        os.kill(int(file.read_text().split("\n", 1)[0]), how)
        _until(lambda: not postgres.answers(self.cluster, port=self.port))

    def kill_valkey(self) -> None:
        """By SIGKILL; it has no file, so that every message is gone.

        It is not waited for: its number stays its own until `start` ends its group,
        and cannot have become the number of somebody else's server by then.
        """
        self._process.kill()
        _until(lambda: not valkey.answers(self.broker))

    def forget_the_dead(self) -> None:
        """Their sessions have ended, and their leases and claims lapse."""
        with self.admin() as admin:
            _until(lambda: admin.execute(_OTHERS).fetchone() == (0,))
        self.lapse()

    def lapse(self) -> None:
        """Leases and claims lapse at once."""
        with self.admin("content") as content:
            for statement in _LAPSED:
                content.execute(statement)

    def _copy(self, source: dict[str, str], to: Callable[[str], str]) -> None:
        with self.admin() as admin:
            for kind, template in source.items():
                names: dict[str, Any] = {
                    "name": sql.Identifier(to(kind)),
                    "template": sql.Identifier(template),
                    "owner": sql.Identifier(stand.LOGINS.name(_OWNERS[kind])),
                }
                for text in (
                    "drop database if exists {name} with (force)",
                    "create database {name} template {template} owner {owner}"
                    " strategy file_copy",
                ):
                    admin.execute(sql.SQL(text).format(**names))

    def _start_postgres(self) -> None:
        def begin() -> bool:
            with suppress(RuntimeError):  # the dead one's children are still ending
                self._postgres.enter_context(
                    servers.postgres_running(
                        self.cluster,
                        port=self.port,
                        folder=self.folder,
                        settings={"autovacuum": "off", "shared_buffers": "32MB"},
                    )
                )
                return True
            return False

        _until(begin)

    @contextmanager
    def _valkey_running(self) -> Iterator[None]:
        with servers.running(
            valkey.command(
                self.folder / "valkey",
                port=self.valkey_port,
                password=stand.PASSWORD,
                is_durable=False,
            ),
            log=self.folder / "valkey.log",
            environment=surroundings.of_servers(),
            is_ready=lambda: valkey.answers(self.broker),
        ) as self._process:
            yield


def _prepared(kind: str) -> str:
    return f"prepared_{kind}"


def _until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + _SECONDS
    while not done():
        if time.monotonic() > ends:
            raise AssertionError(f"not so within {_SECONDS} s: {done}")
        time.sleep(0.005)


@contextmanager
def of_its_own() -> Iterator[Site]:
    """A site that Django and Celery of this process use while it runs."""
    run = stand.of_this_run()
    folder = run.path / f"dies-{stand.worker()}"
    folder.mkdir(mode=0o711)
    at = replace(run, folder=str(folder), postgres_port=ports.any_free())
    site = Site(
        folder=folder,
        cluster=templates.copy_into(at),
        port=at.postgres_port,
        valkey_port=ports.any_free(),
    )
    with pytest.MonkeyPatch.context() as patched, ExitStack() as stack:
        stack.callback(site.close)
        app.loader.import_default_modules()  # as workers do
        app.finalize()
        stack.callback(connections.close_all)
        site.start()
        connections.close_all()
        for alias in connections:
            patched.setitem(connections.settings[alias], "PORT", str(site.port))
        patched.setattr(app.conf, "broker_url", _IN_MEMORY)
        files = folder / "files"
        patched.setattr(settings, "CUSTOS_BLOB_URL", (files / "blobs").as_uri())
        patched.setattr(settings, "CUSTOS_CHECKPOINT_DIR", files / "heads")
        yield site
