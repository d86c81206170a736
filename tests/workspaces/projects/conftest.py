"""A workspace with two members, and the pages of both."""

from collections.abc import Iterator

import pytest

from kit import clock
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from workspaces.access.features import Feature
from workspaces.access.models import Baseline


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def stage(db: None) -> Stage:
    return staged(cast.workspace())


def turn_off(stage: Stage, feature: Feature) -> None:
    with stage.scope():
        Baseline.objects.create(
            workspace_id=stage.workspace.id, feature=feature, value="off"
        )
