"""A workspace always has an owner."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connections

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.members import services
from workspaces.members.models import Membership
from workspaces.members.services import LastOwnerMustStay
from workspaces.roles.matrix import Role
from workspaces.tenancy.selectors import WorkspaceRef


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["demote", "suspend", "remove"])
def test_the_last_owner_stays(act: str) -> None:
    where = cast.workspace()
    only = cast.owner(where).membership.public_id

    with pytest.raises(LastOwnerMustStay, match="last owner"):
        _end(where, only, act)


@pytest.mark.django_db
def test_a_suspended_owner_does_not_count() -> None:
    where = cast.workspace()
    first = cast.owner(where).membership.public_id
    second = cast.person(where, "second@halden.example", Role.OWNER).membership
    _end(where, second.public_id, "suspend")

    with pytest.raises(LastOwnerMustStay):
        _end(where, first, "demote")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "suspend", "remove"])
def test_of_two_owners_who_end_each_other_at_once_one_stays(act: str) -> None:
    where = cast.workspace()
    first = cast.owner(where).membership.public_id
    second = cast.person(where, "second@halden.example", Role.OWNER).membership
    barrier = Barrier(2)

    def end(member: UUID) -> str:
        barrier.wait(timeout=10)
        try:
            _end(where, member, act)
        except LastOwnerMustStay:
            return "refused"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as threads:
        ended = sorted(threads.map(end, [first, second.public_id]))

    assert ended == ["done", "refused"]
    assert _owners(where) == 1


def _end(where: WorkspaceRef, member: UUID, act: str) -> None:
    if act == "demote":
        services.change_role(
            actor=OPERATOR, workspace=where, member=member, role="admin", at=NOON
        )
    elif act == "suspend":
        services.suspend(actor=OPERATOR, workspace=where, member=member, at=NOON)
    else:
        services.remove(actor=OPERATOR, workspace=where, member=member, at=NOON)


def _owners(where: WorkspaceRef) -> int:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return Membership.objects.filter(role=Role.OWNER, status="active").count()
