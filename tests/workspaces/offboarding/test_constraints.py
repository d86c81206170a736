"""What the database itself refuses about offboarding."""

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, models, transaction

from kit import scoping
from kit.ids import new_uuid
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.offboarding.models import Departure, DepartureCall, OffboardingReport
from workspaces.offboarding.services import offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def where() -> WorkspaceRef:
    found = cast.workspace()
    leave(found)
    with opened(found):
        DepartureCall.objects.create(
            workspace_id=found.id,
            report=OffboardingReport.objects.get(),
            kind="revoke_grant",
            created_at=NOON,
            due_at=NOON,
        )
    return found


def leave(where: WorkspaceRef) -> OffboardingReport:
    return offboard(
        actor=OPERATOR,
        workspace=where,
        member=cast.member(where).membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"made_at": NOON, "given_up_at": NOON}, "departure_call_made_or_given_up"),
        ({"made_at": NOON, "leased_until": NOON}, "departure_call_leased_while_open"),
    ],
)
def test_a_broken_call_is_refused(
    where: WorkspaceRef, values: dict[str, Any], name: str
) -> None:
    with opened(where), pytest.raises(IntegrityError, match=name), transaction.atomic():
        DepartureCall.objects.update(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"departure": "vanished", "generation": 9}, "offboarding_departure_known"),
        ({}, "offboarding_once"),
    ],
)
def test_a_broken_report_is_refused(
    where: WorkspaceRef, values: dict[str, Any], name: str
) -> None:
    with opened(where), pytest.raises(IntegrityError, match=name), transaction.atomic():
        again(OffboardingReport.objects.get(), **values)


def test_a_report_is_about_a_member_of_its_own_workspace(where: WorkspaceRef) -> None:
    stranger = leave(cast.elsewhere())

    with (
        opened(where),
        pytest.raises(IntegrityError, match="membership_id_fk"),
        transaction.atomic(),
    ):
        again(OffboardingReport.objects.get(), membership_id=stranger.membership_id)


def test_a_call_belongs_to_a_report_of_its_own_workspace(where: WorkspaceRef) -> None:
    stranger = leave(cast.elsewhere())

    with (
        opened(where),
        pytest.raises(IntegrityError, match="report_id_fk"),
        transaction.atomic(),
    ):
        DepartureCall.objects.update(report_id=stranger.pk)


def test_nobody_rewrites_a_report(where: WorkspaceRef) -> None:
    with (
        opened(where),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        OffboardingReport.objects.update(steps=[])


def again(row: models.Model, **values: Any) -> None:
    """The same row once more, with other values."""
    row.pk = None
    row.public_id = new_uuid()  # type: ignore[attr-defined]
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
