"""The processes of the site run as they do in an installation."""

import http.client
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from celery import current_app
from django.conf import settings
from playwright.sync_api import Page

from config import celery as celery_module
from config.launcher import site
from config.launcher.home import Home
from kit.queues import QUEUES
from retention.sweeps import tasks as sweeps

_SECONDS = 20


def _queues_of(command: Sequence[str]) -> list[str]:
    """The queues that a process listens on."""
    given = next((one for one in command if one.startswith("--queues=")), "")
    return given.removeprefix("--queues=").split(",") if given else []


def test_a_worker_consumes_every_queue_that_is_named(tmp_path: Path) -> None:
    routes = settings.CELERY_TASK_ROUTES.values()
    ticks = settings.CELERY_BEAT_SCHEDULE.values()
    named = {route["queue"] for route in routes}
    named |= {tick["options"]["queue"] for tick in ticks}
    named |= {settings.CELERY_TASK_DEFAULT_QUEUE, *sweeps.QUEUES.values()}

    listening = {
        queue
        for part in site.workers(Home(path=tmp_path), {})
        for queue in _queues_of(part.command)
    }
    assert named == listening == set(QUEUES)


def test_every_tick_rings_a_task_that_exists() -> None:
    celery_module.app.loader.import_default_modules()
    rung = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert rung <= set(celery_module.app.tasks)


@pytest.mark.slow
@pytest.mark.usefixtures("celery_worker")
def test_a_worker_takes_what_rings(valkey: redis.Redis) -> None:
    current_app.send_task("nobody.knows", queue="due")

    until = time.monotonic() + _SECONDS
    while valkey.llen("due") and time.monotonic() < until:
        time.sleep(0.05)
    assert valkey.llen("due") == 0


@pytest.mark.slow
def test_the_web_server_answers(portal: str) -> None:
    connection = http.client.HTTPConnection(str(urlsplit(portal).netloc), timeout=5)
    connection.request("GET", "/")

    assert connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    connection.close()


@pytest.mark.browser
def test_a_browser_opens_the_portal(page: Page) -> None:
    response = page.goto("/")

    assert response is not None
    assert response.status < http.HTTPStatus.INTERNAL_SERVER_ERROR
