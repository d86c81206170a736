"""The clock of the pages stands still at the tests' noon; a hold over one member."""

from collections.abc import Iterator

import pytest

from kit import clock
from retention.holds import services
from retention.holds.models import Hold
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged

MATTER = "Brennan v. Halden"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def stage(db: None) -> Stage:
    """Halden Engineering on Enterprise; what a test does is rolled back."""
    return staged(cast.workspace())


@pytest.fixture
def team(db: None) -> Stage:
    """The same people on Team."""
    return staged(cast.workspace(plan="team"))


@pytest.fixture
def lasting(transactional_db: None) -> Stage:
    """Like `stage`, but it commits: for sweeps, which work on other connections."""
    return staged(cast.workspace())


@pytest.fixture
def team_lasting(transactional_db: None) -> Stage:
    """Like `team`, but it commits."""
    return staged(cast.workspace(plan="team"))


def hold_of_one(stage: Stage) -> Hold:
    """A hold of the officer's over one member."""
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter=MATTER,
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )
