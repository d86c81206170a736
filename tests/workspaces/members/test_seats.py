"""Seats: their types, their limit, and every way in that asks for one."""

import threading
from typing import Any

import pytest
from django.db import connection

from kit import scoping
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.members import services
from workspaces.members.models import Membership
from workspaces.roles.matrix import Role
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

PAGE = "/w/halden-engineering/members/seats/"


@pytest.fixture
def where(db: None) -> WorkspaceRef:
    return cast.workspace()


def limit(where: WorkspaceRef, number: int | None, *, default: str = "chat") -> None:
    services.set_seats(
        actor=OPERATOR, workspace=where, limit=number, default=default, at=NOON
    )


def seat_of(where: WorkspaceRef, email: str) -> str:
    with _open(where):
        return Membership.objects.get(email=email).seat


def add(where: WorkspaceRef, email: str, **more: str) -> Membership:
    return services.add(
        actor=OPERATOR, workspace=where, email=email, role="member", at=NOON, **more
    )


def test_owners_set_limit_and_default(where: WorkspaceRef) -> None:
    client = cast.owner(where).client()

    answer = client.post(PAGE, {"limit": "3", "default": "code"}, follow=True)

    assert "1 of 3 seats are taken" in answer.content.decode()
    add(where, "new@halden.example")
    assert seat_of(where, "new@halden.example") == "code"


@pytest.mark.parametrize("asked", ["0", "-1", "1.5", "x", "9" * 30])
def test_bad_limits_change_nothing(where: WorkspaceRef, asked: str) -> None:
    client = cast.owner(where).client()

    answer = client.post(PAGE, {"limit": asked, "default": "chat"})

    assert answer.status_code == 422
    with _open(where):
        assert Workspace.objects.get(pk=where.id).seat_limit is None


def test_admins_see_the_seats_and_do_not_change_them(where: WorkspaceRef) -> None:
    client = cast.admin(where).client()

    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"limit": "9", "default": "chat"}).status_code == 403


def test_the_next_person_finds_no_seat(where: WorkspaceRef) -> None:
    limit(where, 1)

    with pytest.raises(services.NoSeatIsFree, match="one seat of Halden Engineering"):
        add(where, "late@halden.example")

    with _open(where):
        assert Membership.objects.count() == 1


def test_who_is_in_already_needs_no_seat(where: WorkspaceRef) -> None:
    add(where, "in@halden.example")
    limit(where, 2)

    assert add(where, "in@halden.example").email == "in@halden.example"


def test_suspending_frees_a_seat_and_coming_back_needs_one(
    where: WorkspaceRef,
) -> None:
    jun = cast.member(where)
    limit(where, 2)
    services.suspend(
        actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
    )
    add(where, "next@halden.example")

    with pytest.raises(services.NoSeatIsFree):
        services.reactivate(
            actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
        )


def test_removing_frees_a_seat_and_coming_back_needs_one(where: WorkspaceRef) -> None:
    jun = cast.member(where)
    limit(where, 2)
    services.remove(
        actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
    )
    add(where, "next@halden.example")

    with pytest.raises(services.NoSeatIsFree):
        add(where, jun.user.email)


def test_a_lower_limit_puts_nobody_out(where: WorkspaceRef) -> None:
    jun = cast.member(where)

    limit(where, 1)

    with _open(where):
        jun.membership.refresh_from_db()
    assert jun.membership.status == "active"


def test_the_seat_of_a_member_is_changed_by_admins(where: WorkspaceRef) -> None:
    jun, admin = cast.member(where), cast.admin(where)
    page = f"/w/halden-engineering/members/{jun.membership.public_id}/"

    answer = admin.client().post(f"{page}seat/", {"seat": "code"}, follow=True)

    assert "The seat was changed" in answer.content.decode()
    assert seat_of(where, jun.user.email) == "code"
    assert admin.client().post(f"{page}seat/", {"seat": "sofa"}).status_code == 422


def test_nobody_changes_the_seat_of_who_may_do_more(where: WorkspaceRef) -> None:
    admin, owner = cast.admin(where), cast.owner(where)

    with pytest.raises(services.RoleIsAboveYours):
        services.change_seat(
            actor=admin.actor,
            workspace=where,
            member=owner.membership.public_id,
            seat="code",
            at=NOON,
        )
    with pytest.raises(PermissionDenied):
        services.change_seat(
            actor=cast.member(where).actor,
            workspace=where,
            member=owner.membership.public_id,
            seat="code",
            at=NOON,
        )


def test_owners_change_a_role_on_the_page_of_a_member(where: WorkspaceRef) -> None:
    jun, owner = cast.member(where), cast.owner(where)
    page = f"/w/halden-engineering/members/{jun.membership.public_id}/"

    owner.client().post(f"{page}role/", {"role": "admin"})

    with _open(where):
        jun.membership.refresh_from_db()
    assert jun.membership.role == Role.ADMIN
    alone = f"/w/halden-engineering/members/{owner.membership.public_id}/role/"
    assert owner.client().post(alone, {"role": "member"}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_take_the_last_seat() -> None:
    where = cast.workspace()
    limit(where, 2)
    begun, results = threading.Barrier(2), []

    def enter(email: str) -> None:
        try:
            begun.wait()
            add(where, email)
            results.append("in")
        except services.NoSeatIsFree:
            results.append("no seat")
        finally:
            connection.close()

    both = [
        threading.Thread(target=enter, args=(f"{name}@halden.example",))
        for name in ("one", "two")
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(results) == ["in", "no seat"]


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
