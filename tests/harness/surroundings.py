"""What many tests stand on: a stopped clock, and real input beside the repository."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from redis import RedisError

from config.launcher.surroundings import BASE_DIR
from kit import clock as the_clock
from kit import limits, tallies

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Templates name static files by their plain names: nothing is collected."""
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )


@pytest.fixture
def clock() -> Iterator[Callable[[datetime], None]]:
    """Stops the clock at a noon; call it with another time to move on."""
    the_clock.set_for_test(NOON)
    yield the_clock.set_for_test
    the_clock.set_for_test(None)


@pytest.fixture(autouse=True)
def _full_buckets() -> Iterator[None]:
    """What strangers asked in one test must not count in the next."""
    before = limits.client.cache_info()
    yield
    if limits.client.cache_info() != before:
        with suppress(RedisError):  # a test may have taken Valkey away
            limits.forget_all()
            tallies.forget_all()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real input beside the repository; mark its tests `allowed_skip`."""
    folder = BASE_DIR.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder
