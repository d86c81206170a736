"""What the database itself refuses about groups and what a provider keeps here."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from kit.ids import new_uuid
from tests import cast
from tests.cast import NOON
from tests.workspaces.scim import meaning
from tests.workspaces.scim.provider import Provider
from workspaces.groups.models import GivenRole, Group, GroupMember, GroupRole
from workspaces.members.models import Membership
from workspaces.scim.models import Kind, ScimResource
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Group, {"source": "elsewhere"}, "group_source_known"),
    (Group, {"folded_name": "same"}, "group_name_once"),
    (GroupRole, {"role": "king"}, "group_role_known"),
    (GivenRole, {"role": "king"}, "given_role_known"),
    (ScimResource, {"kind": "Device"}, "scim_kind_with_its_row"),
    (ScimResource, {"conflict": "weather"}, "scim_conflict_known"),
    (ScimResource, {"folded_name": "same"}, "scim_name_once"),
]


@pytest.fixture
def filled(idp: Provider) -> WorkspaceRef:
    people = [idp.user(f"p{n}@halden.example")["id"] for n in range(2)]
    for name in ("One", "Two"):
        idp.group(name, *people)
    with meaning.scope(idp.where):
        for group in Group.objects.all():
            GroupRole.objects.create(
                workspace_id=idp.where.id, group=group, role="member", set_at=NOON
            )
        for member in Membership.objects.all():
            GivenRole.objects.create(
                workspace_id=idp.where.id, membership=member, role="member"
            )
    return idp.where


@pytest.mark.parametrize(("model", "values", "name"), BROKEN, ids=str)
def test_it_is_refused(
    filled: WorkspaceRef, model: Any, values: dict[str, Any], name: str
) -> None:
    with (
        meaning.scope(filled),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.update(**values)


def test_a_person_is_in_a_group_once(filled: WorkspaceRef) -> None:
    with meaning.scope(filled):
        group = GroupMember.objects.earliest("id").group_id
        mine = GroupMember.objects.filter(group_id=group)

        with (
            pytest.raises(IntegrityError, match="group_member_once"),
            transaction.atomic(),
        ):
            mine.update(subject=new_uuid())


@pytest.mark.parametrize(
    ("column", "kind", "name"),
    [
        ("membership_id", Kind.USER, "scim_member_once"),
        ("group_id", Kind.GROUP, "scim_group_once"),
    ],
)
def test_a_row_has_one_resource(
    filled: WorkspaceRef, column: str, kind: Kind, name: str
) -> None:
    with meaning.scope(filled):
        mine = ScimResource.objects.filter(kind=kind)
        first = mine.earliest("id")

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            mine.update(**{column: getattr(first, column)})


def test_a_row_points_into_no_other_workspace(filled: WorkspaceRef) -> None:
    theirs = cast.owner(cast.elsewhere()).membership.pk

    with meaning.scope(filled):
        for model in (GroupMember, ScimResource):
            rows = model.objects.filter(membership__isnull=False)
            one = rows.filter(pk=rows.earliest("id").pk)
            with (
                pytest.raises(IntegrityError, match="membership_id_fk"),
                transaction.atomic(),
            ):
                one.update(membership_id=theirs)
