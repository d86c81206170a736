"""Runs the real web server and workers against the databases of a test.

Each starts once per worker of the run; they survive the databases' replacement after
a test because every request and task checks its connection first.
"""

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings

from config.launcher import site
from config.launcher.surroundings import BASE_DIR
from tests.harness import servers, stand, statics


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    """The run's Valkey, in a database of this worker's own, empty."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.flushdb()
        yield client


@pytest.fixture
def celery_worker(
    transactional_db: None, valkey: redis.Redis, _worker_process: None
) -> None:
    """A real worker that consumes every queue while the test runs."""


@pytest.fixture
def portal(transactional_db: None, valkey: redis.Redis, _web_process: None) -> str:
    """The address of a real web server."""
    return str(settings.CUSTOS_BASE_URL)


@pytest.fixture(scope="session")
def _worker_process(django_db_setup: None) -> Iterator[None]:
    queues = site.WORKER_QUEUES + site.SEQUENCER_QUEUES + site.STREAM_QUEUES
    log = stand.of_this_run().path / stand.worker() / "worker.log"
    with servers.running(
        [sys.executable, "-m", *site.worker("test", queues, "--concurrency=1")],
        log=log,
        environment=_environment(),
        is_ready=lambda: log.exists() and " ready." in log.read_text(),
    ):
        yield


@pytest.fixture(scope="session")
def _web_process(django_db_setup: None) -> Iterator[None]:
    statics.copy_into(settings.STATIC_ROOT)
    port = urlsplit(settings.CUSTOS_BASE_URL).port
    assert port
    with servers.running(
        [sys.executable, "-m", *site.granian(port=port)],
        log=stand.of_this_run().path / stand.worker() / "web.log",
        environment=_environment() | {"CUSTOS_WEB": "true"},
        is_ready=site.serves(port, "/healthz"),
    ):
        yield


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(BASE_DIR), "PYTHONUNBUFFERED": "1"}
