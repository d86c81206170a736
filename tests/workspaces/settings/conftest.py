"""A workspace whose clock stands still."""

from collections.abc import Iterator

import pytest

from kit import clock
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def stage(db: None) -> Stage:
    return staged(cast.workspace())
