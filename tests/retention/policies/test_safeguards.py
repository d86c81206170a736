"""Safeguards: who sets them, what they are by default, who hears of a loosening."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, connections, transaction

from kit import scoping
from kit.permissions import PermissionDenied
from retention.policies.safeguards import rules, selectors, services
from retention.policies.safeguards.rules import Threshold
from retention.policies.safeguards.services import (
    SafeguardOutOfBounds,
    SafeguardsAreTheSame,
    Wanted,
)
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.retention.policies.conftest import protect
from workspaces.notices.models import Notice


def standing(stage: Stage) -> Wanted:
    with stage.scope():
        return services.as_wanted(selectors.protection(workspace=stage.workspace))


def mails(stage: Stage) -> int:
    with stage.scope():
        return Notice.objects.filter(kind="retention.safeguards-loosened").count()


def test_by_default_nobody_else_is_asked_and_the_breaker_is_on(
    db: None,
) -> None:
    where = cast.workspace()
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        found = services.as_wanted(selectors.protection(workspace=where))

    assert found == Wanted(
        grace_hours=24,
        approval_percent=None,
        approval_number=None,
        breaker_factor=5,
        breaker_minimum=1_000,
        breaker_percent=50,
    )


def test_owners_set_them_and_it_is_recorded(patient: Stage, entries) -> None:
    protect(patient, approval_percent=25, grace_hours=48)

    assert standing(patient).approval_percent == 25
    assert standing(patient).grace_hours == 48
    (leaf,) = entries(patient, "retention.safeguards.set")
    assert {"change.approval_percent", "change.grace_hours"} <= set(leaf["commit"])
    assert entries(patient, "workspaces.policy-grace.changed")
    assert mails(patient) == 0


@pytest.mark.parametrize(
    "looser",
    [
        {"grace_hours": 0},
        {"approval_percent": None},
        {"approval_percent": 60},
        {"breaker_factor": 9},
        {"breaker_minimum": 9_000},
        {"breaker_percent": 99},
    ],
)
def test_owners_of_the_organization_hear_of_a_loosening(
    patient: Stage, looser: dict[str, int | None]
) -> None:
    protect(patient, approval_percent=25, breaker_minimum=1_000)
    assert mails(patient) == 0

    protect(patient, **looser)

    assert mails(patient) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"grace_hours": -1},
        {"grace_hours": 337},
        {"approval_percent": 0},
        {"approval_percent": 101},
        {"approval_number": 0},
        {"breaker_factor": 1},
        {"breaker_percent": 0},
    ],
)
def test_bounds_are_refused(patient: Stage, wrong: dict[str, int]) -> None:
    before = standing(patient)

    with pytest.raises(SafeguardOutOfBounds):
        protect(patient, **wrong)

    assert standing(patient) == before


def test_the_same_again_is_refused(patient: Stage) -> None:
    with pytest.raises(SafeguardsAreTheSame):
        protect(patient)


def test_others_may_not_set_them(patient: Stage) -> None:
    wanted = replace(standing(patient), grace_hours=0)
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    for person in (cast.admin(patient.workspace), patient.officer, stranger):
        with pytest.raises(PermissionDenied):
            services.set_safeguards(
                actor=person.actor, workspace=patient.workspace, wanted=wanted, at=NOON
            )


@pytest.mark.parametrize(
    ("constraint", "column"),
    [
        ("safeguards_approval_percent", "approval_percent = 101"),
        ("safeguards_approval_number", "approval_number = 0"),
        ("safeguards_breaker_factor", "breaker_factor = 1"),
        ("safeguards_breaker_percent", "breaker_percent = 0"),
    ],
)
def test_the_database_refuses_them_too(
    patient: Stage, constraint: str, column: str
) -> None:
    protect(patient, approval_percent=25)

    with (
        pytest.raises(IntegrityError, match=constraint),
        patient.scope(),
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_safeguards set {column}")


@pytest.mark.parametrize(
    ("percent", "number", "newly_due", "asked"),
    [
        (None, None, 1_000, False),
        (25, None, 249, False),
        (25, None, 250, True),
        (25, None, 0, False),
        (None, 10, 9, False),
        (None, 10, 10, True),
        (90, 10, 10, True),
        (1, 900, 9, False),
    ],
)
def test_one_threshold_is_enough(
    percent: int | None, number: int | None, newly_due: int, asked: bool
) -> None:
    threshold = Threshold(percent=percent, number=number)

    found = rules.needs_second_person(threshold, newly_due=newly_due, stored=1_000)

    assert found is asked
