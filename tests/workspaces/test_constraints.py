"""What the database itself refuses about tenants, people, jobs and notices."""

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, models, transaction

from kit import scoping
from kit.ids import new_uuid
from tests import cast
from tests.cast import NOON
from workspaces.jobs.models import Job
from workspaces.members.models import Membership, User
from workspaces.notices.models import Notice
from workspaces.tenancy.models import Organization, Workspace
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Organization, {"slug": "Halden!"}, "organization_slug_shape"),
    (Workspace, {"slug": "-halden"}, "workspace_slug_shape"),
    (Workspace, {"plan": "gold"}, "workspace_plan_known"),
    (Workspace, {"sso": "maybe"}, "workspace_sso_known"),
    (Workspace, {"default_seat": "sofa"}, "workspace_default_seat_known"),
    (Workspace, {"seat_limit": 0}, "workspace_seat_limit_positive"),
    (Organization, {"new_workspace_sso": "maybe"}, "organization_sso_known"),
    (Membership, {"email": "Mara@halden.example"}, "membership_email_folded"),
    (Membership, {"role": "king"}, "membership_role_known"),
    (Membership, {"source": "magic"}, "membership_source_known"),
    (Membership, {"status": "asleep"}, "membership_status_known"),
    (Membership, {"seat": "sofa"}, "membership_seat_known"),
    (Job, {"state": "asleep"}, "job_(state_known|ended_with_its_state)"),
    (Job, {"state": "done"}, "job_ended_with_its_state"),
    (Job, {"state": "running"}, "job_leased_while_running"),
    (Job, {"done": 2, "total": 1}, "job_done_within_total"),
    (Job, {"result_blob_id": UUID(int=1)}, "job_result_when_done"),
    (
        Notice,
        {"sent_at": NOON, "given_up_at": NOON},
        "notice_sent_or_given_up",
    ),
]


def test_a_job_is_of_a_workspace_of_its_own_organization(where: WorkspaceRef) -> None:
    other = cast.elsewhere()
    with (
        _open(where),
        pytest.raises(IntegrityError, match="workspaces_job"),
        transaction.atomic(),
    ):
        Job.objects.update(workspace_id=other.id)


@pytest.fixture
def where() -> WorkspaceRef:
    found = cast.workspace()
    cast.member(found)
    with _open(found):
        Job.objects.create(
            organization_id=found.organization.id,
            kind="count",
            title="Count",
            requested_by="tests",
            created_at=NOON,
        )
        Notice.objects.create(
            organization_id=found.organization.id,
            kind="hold",
            email="a@b.example",
            subject="s",
            text="t",
            created_at=NOON,
            due_at=NOON,
        )
    return found


@pytest.mark.parametrize(("model", "values", "name"), BROKEN, ids=str)
def test_it_is_refused(
    where: WorkspaceRef, model: Any, values: dict[str, Any], name: str
) -> None:
    with (
        _open(where),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.update(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"theme": "pink"}, "user_theme_known"),
        ({"email": "Mara@halden.example"}, "user_email_folded"),
    ],
)
def test_of_people_too(where: WorkspaceRef, values: dict[str, Any], name: str) -> None:
    one = User.objects.filter(email="mara.lindqvist@halden.example")

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        one.update(**values)


def test_a_person_is_in_a_workspace_once(where: WorkspaceRef) -> None:
    with _open(where):
        row = Membership.objects.earliest("id")
        row.pk, row.public_id = None, new_uuid()

        with (
            pytest.raises(IntegrityError, match="membership_person_once"),
            transaction.atomic(),
        ):
            row.save(force_insert=True)


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
