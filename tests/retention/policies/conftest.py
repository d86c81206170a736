"""Workspaces whose policies go through drafts, with what they store."""

from dataclasses import replace

import pytest

from retention.policies.safeguards import selectors, services
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, staged


@pytest.fixture
def patient(transactional_db: None) -> Stage:
    """A workspace in which a shortening waits for a day."""
    return staged(cast.workspace(), grace_hours=24)


@pytest.fixture
def second(patient: Stage) -> Person:
    """Tomasz Wrona, who may set policies too."""
    return cast.admin(patient.workspace)


@pytest.fixture
def guarded(patient: Stage) -> Stage:
    """Five old conversations, and a second person for half of what is stored."""
    for _one in range(5):
        patient.conversation(age=200)
    protect(patient, approval_percent=50)
    return patient


def protect(stage: Stage, **columns: int | None) -> None:
    """Sets some safeguards and leaves the others."""
    with stage.scope():
        now = services.as_wanted(selectors.protection(workspace=stage.workspace))
    services.set_safeguards(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        wanted=replace(now, **columns),  # type: ignore[arg-type]
        at=NOON,
    )
