"""Taking a member out of everything: once, whole, recorded, never the last owner."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from audit.log.models import AuditEntry
from kit import departures, scoping
from kit.departures import Call, Ended, Ending
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.keys import selectors as keys
from workspaces.keys.models import ScimToken
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.members import services as members
from workspaces.members.models import Membership, MembershipStatus
from workspaces.members.selectors import MemberIsGone
from workspaces.members.services import LastOwnerMustStay, RoleIsAboveYours
from workspaces.offboarding.models import (
    Departure,
    DepartureCall,
    OffboardingReport,
)
from workspaces.offboarding.services import offboard
from workspaces.roles.matrix import Role
from workspaces.tenancy.selectors import WorkspaceRef

BOTH = list(Departure)


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


def leave(where: WorkspaceRef, member: UUID, **options: Any) -> OffboardingReport:
    options = {
        "actor": OPERATOR,
        "departure": Departure.REMOVED,
        "at": NOON,
        **options,
    }
    return offboard(workspace=where, member=member, **options)


@pytest.mark.django_db
@pytest.mark.parametrize("departure", BOTH)
def test_what_a_member_holds_ends_at_once(
    where: WorkspaceRef, departure: Departure
) -> None:
    tomasz = cast.admin(where)
    browser = tomasz.client()
    key = api_keys.issue(
        actor=tomasz.actor,
        organization=where.organization,
        workspace=where,
        name="Nightly",
        scopes=["all"],
        at=NOON,
    )
    token = scim_tokens.issue(actor=tomasz.actor, workspace=where, at=NOON)

    report = leave(where, tomasz.membership.public_id, departure=departure)

    assert browser.get("/w/halden-engineering/members/").status_code == 302
    assert keys.presented_key(secret=str(key.secret), at=NOON) is None
    counts = {one["name"]: one["count"] for one in report.steps}
    assert (counts["membership"], counts["api_keys"], counts["scim_tokens"]) == (
        1,
        1,
        1,
    )
    # Provisioning goes on for everybody else.
    assert keys.presented_token(secret=str(token.secret), at=NOON)
    with opened(where):
        assert ScimToken.objects.get().creator_left_at == NOON
        row = Membership.objects.get(pk=tomasz.membership.pk)
        assert (row.status, row.generation) == (departure.value, 2)


@pytest.mark.django_db
def test_a_key_stays_dead_for_who_comes_back(where: WorkspaceRef) -> None:
    tomasz = cast.admin(where)
    key = api_keys.issue(
        actor=tomasz.actor,
        organization=where.organization,
        workspace=where,
        name="Nightly",
        scopes=["all"],
        at=NOON,
    )
    member = tomasz.membership.public_id
    leave(where, member, departure=Departure.SUSPENDED)

    members.reactivate(actor=OPERATOR, workspace=where, member=member, at=NOON)

    assert keys.presented_key(secret=str(key.secret), at=NOON) is None


@pytest.mark.django_db
def test_it_is_recorded_with_its_steps(where: WorkspaceRef) -> None:
    leave(where, cast.member(where).membership.public_id, reason="left")

    leaves = [bytes(one.leaf).decode() for one in entries(where)]

    done = next(one for one in leaves if "workspaces.offboarding.completed" in one)
    assert '"api_keys":0' in done
    assert "jun.takahashi" not in done
    assert any("workspaces.member.removed" in one for one in leaves)


@pytest.mark.django_db
@pytest.mark.parametrize("departure", BOTH)
def test_twice_is_once(where: WorkspaceRef, departure: Departure) -> None:
    member = cast.member(where).membership.public_id

    first = leave(where, member, departure=departure)
    recorded = len(entries(where))
    second = leave(where, member, departure=departure)

    assert second == first
    assert len(entries(where)) == recorded


@pytest.mark.django_db
def test_a_suspended_member_can_be_removed(where: WorkspaceRef) -> None:
    member = cast.member(where).membership.public_id
    leave(where, member, departure=Departure.SUSPENDED)

    report = leave(where, member)

    assert report.departure == Departure.REMOVED
    with pytest.raises(MemberIsGone):
        leave(where, member, departure=Departure.SUSPENDED)


@pytest.mark.django_db
@pytest.mark.parametrize("departure", BOTH)
def test_the_last_owner_stays(where: WorkspaceRef, departure: Departure) -> None:
    only = cast.owner(where)

    with pytest.raises(LastOwnerMustStay):
        leave(where, only.membership.public_id, departure=departure)

    assert reports(where) == 0


@pytest.mark.django_db
def test_an_admin_offboards_no_owner(where: WorkspaceRef) -> None:
    second = cast.person(where, "second@halden.example", Role.OWNER)

    with pytest.raises(RoleIsAboveYours):
        leave(where, second.membership.public_id, actor=cast.admin(where).actor)


@pytest.mark.django_db
def test_a_member_offboards_nobody(where: WorkspaceRef) -> None:
    other = cast.person(where, "other@halden.example").membership.public_id

    with pytest.raises(PermissionDenied):
        leave(where, other, actor=cast.member(where).actor)


@pytest.mark.django_db
def test_a_member_of_another_workspace_is_not_there(where: WorkspaceRef) -> None:
    stranger = cast.owner(cast.elsewhere()).membership.public_id

    with pytest.raises(MemberIsGone):
        leave(where, stranger)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_leaves_everything_as_it_was(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = cast.member(where).membership

    def fail(*_: Any) -> Ended:
        raise RuntimeError("no")

    also(monkeypatch, fail)
    with pytest.raises(RuntimeError):
        leave(where, member.public_id)

    with opened(where):
        assert Membership.objects.get(pk=member.pk).status == MembershipStatus.ACTIVE
    assert reports(where) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("departure", BOTH)
def test_at_the_same_time_is_once(where: WorkspaceRef, departure: Departure) -> None:
    member = cast.member(where).membership
    barrier = Barrier(3)

    def one(_number: int) -> UUID:
        barrier.wait(timeout=10)
        try:
            return leave(where, member.public_id, departure=departure).public_id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as threads:
        found = set(threads.map(one, range(3)))

    assert len(found) == 1
    assert reports(where) == 1
    with opened(where):
        assert Membership.objects.get(pk=member.pk).generation == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_offboard_each_other_one_stays(where: WorkspaceRef) -> None:
    first = cast.owner(where)
    second = cast.person(where, "second@halden.example", Role.OWNER)
    barrier = Barrier(2)

    def one(pair: tuple[Person, Person]) -> str:
        acting, leaving = pair
        actor = acting.actor
        barrier.wait(timeout=10)
        try:
            leave(where, leaving.membership.public_id, actor=actor)
        except LastOwnerMustStay:
            return "refused"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as threads:
        ended = sorted(threads.map(one, [(first, second), (second, first)]))

    assert ended == ["done", "refused"]


@pytest.mark.django_db
def test_what_needs_another_server_becomes_a_due_row(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Call(kind="revoke_grant", arguments={"grant": "7"})
    also(monkeypatch, lambda *_: Ended(count=1, calls=(call,)))

    report = leave(where, cast.member(where).membership.public_id)

    with opened(where):
        due = DepartureCall.objects.get()
    assert (due.report_id, due.kind, due.due_at) == (report.pk, "revoke_grant", NOON)
    assert report.steps[-1]["name"] == "grants"


def also(monkeypatch: pytest.MonkeyPatch, end: Any) -> None:
    """One more ending, as a later slice would register it."""
    monkeypatch.setattr(departures, "_endings", dict(departures._endings))
    departures.register(Ending(name="grants", order=99, label="Grants", end=end))


def entries(where: WorkspaceRef) -> list[Any]:
    with scoping.organization(organization_id=where.organization.id):
        return list(AuditEntry.objects.filter(organization_id=where.organization.id))


def reports(where: WorkspaceRef) -> int:
    with opened(where):
        return OffboardingReport.objects.count()


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
