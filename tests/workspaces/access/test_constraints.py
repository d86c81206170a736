"""What the database itself refuses about roles and what a workspace gives."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from kit import scoping
from tests import cast
from tests.cast import NOON
from workspaces.access.models import (
    Baseline,
    CustomRole,
    RoleAssignment,
    RoleGrant,
    RoleSetting,
)
from workspaces.groups.models import Group
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Baseline, {"value": "loud"}, "baseline_value_known"),
    (Baseline, {"feature": "tea.use"}, "baseline_value_known"),
    (Baseline, {"names": ["o4"]}, "baseline_value_known"),
    (Baseline, {"feature": "gpts.share"}, "baseline_value_known"),
    (RoleSetting, {"value": "loud"}, "role_setting_value_known"),
    (RoleSetting, {"feature": "models.use"}, "role_setting_value_known"),
    (RoleGrant, {"permission": "roles.manage"}, "role_grant_permission_grantable"),
    (RoleGrant, {"permission": "operator.use"}, "role_grant_permission_grantable"),
    (RoleAssignment, {"membership_id": None}, "role_assignment_to_one"),
]


@pytest.fixture
def where() -> WorkspaceRef:
    found = cast.workspace()
    member = cast.member(found).membership
    with _open(found):
        role = _role(found, "Researchers")
        here = {"workspace_id": found.id, "role": role}
        Baseline.objects.create(
            workspace_id=found.id, feature="memory.use", value="off"
        )
        RoleSetting.objects.create(**here, feature="memory.use", value="on")
        RoleGrant.objects.create(**here, permission="holds.view")
        RoleAssignment.objects.create(**here, membership=member, assigned_at=NOON)
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
    ("model", "name"),
    [
        (Baseline, "baseline_feature_once"),
        (CustomRole, "custom_role_name_once"),
        (RoleSetting, "role_setting_feature_once"),
        (RoleGrant, "role_grant_permission_once"),
        (RoleAssignment, "role_assignment_member_once"),
    ],
)
def test_it_is_there_once(where: WorkspaceRef, model: Any, name: str) -> None:
    with _open(where):
        row = model.objects.get()
        row.pk = None
        if model is CustomRole:
            row.public_id = where.public_id

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save(force_insert=True)


def test_a_group_has_a_role_once(where: WorkspaceRef) -> None:
    with _open(where):
        role, group = CustomRole.objects.get(), _group(where)
        made = [
            RoleAssignment(
                workspace_id=where.id, role=role, group=group, assigned_at=NOON
            )
            for _ in range(2)
        ]

        with (
            pytest.raises(IntegrityError, match="role_assignment_group_once"),
            transaction.atomic(),
        ):
            RoleAssignment.objects.bulk_create(made)


@pytest.mark.parametrize("column", ["membership_id", "group_id", "role_id"])
def test_nothing_points_into_another_workspace(
    where: WorkspaceRef, column: str
) -> None:
    other = cast.elsewhere()
    stranger = cast.person(other, "vera@brennan.example").membership
    with _open(other):
        theirs = {
            "membership_id": stranger.pk,
            "group_id": _group(other).pk,
            "role_id": _role(other, "Cooks").pk,
        }
    blank = {"membership_id": None} if column == "group_id" else {}

    with (
        _open(where),
        pytest.raises(IntegrityError, match=f"workspace_id_{column}"),
        transaction.atomic(),
    ):
        RoleAssignment.objects.update(**{column: theirs[column]}, **blank)


def test_a_group_that_goes_takes_its_assignments_along(where: WorkspaceRef) -> None:
    with _open(where):
        group = _group(where)
        RoleAssignment.objects.create(
            workspace_id=where.id,
            role=CustomRole.objects.get(),
            group=group,
            assigned_at=NOON,
        )

        group.delete()

        assert not RoleAssignment.objects.filter(group__isnull=False).exists()
        assert RoleAssignment.objects.filter(
            membership=Membership.objects.latest("id")
        ).exists()


def _role(where: WorkspaceRef, name: str) -> CustomRole:
    return CustomRole.objects.create(
        workspace_id=where.id, name=name, folded_name=name.lower(), created_at=NOON
    )


def _group(where: WorkspaceRef) -> Group:
    return Group.objects.create(
        workspace_id=where.id,
        name="Lab",
        folded_name="lab",
        source="portal",
        created_at=NOON,
    )


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
