"""Whoever loses the right to a connector loses the grant, too, whatever took it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.access.making import a_group, a_role, assign
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.access.models import Baseline, RoleAssignment, RoleSetting
from workspaces.connectors import selectors, services
from workspaces.connectors.models import ConnectorCut, ConnectorGrant, GrantReview
from workspaces.connectors.services import reviewing
from workspaces.groups.models import Group, GroupMember
from workspaces.members.models import Membership
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def review() -> int:
    return services.review_due(clock=lambda: NOON)


def grants(where: WorkspaceRef) -> list[ConnectorGrant]:
    with opened(where):
        return list(ConnectorGrant.objects.order_by("id"))


def is_cut(where: WorkspaceRef) -> bool:
    (row,) = grants(where)
    return row.end == "cut" and row.revoke_due_at == NOON


@pytest.fixture
def allowed(jun: Person, set_up: SetUp) -> ConnectorGrant:
    """Everybody may use Google Drive, and Jun has signed in."""
    set_up()
    found = linked(jun)
    assert review() == 0
    return found


def feature_off(where: WorkspaceRef, jun: Person) -> None:
    Baseline.objects.update(value="off")


def feature_gone(where: WorkspaceRef, jun: Person) -> None:
    Baseline.objects.all().delete()


def other_seat(where: WorkspaceRef, jun: Person) -> None:
    Membership.objects.filter(pk=jun.membership.pk).update(seat="code")


def role_that_says_off(where: WorkspaceRef, jun: Person) -> None:
    off = a_role(where, "Closed", CONNECTORS_USE="off")
    assign(where, off, membership=jun.membership)


def group_that_says_off(where: WorkspaceRef, jun: Person) -> None:
    group = a_group(where, "Interns")
    assign(where, a_role(where, "Closed", CONNECTORS_USE="off"), group=group)
    GroupMember.objects.create(
        workspace_id=where.id,
        group=group,
        subject=jun.membership.public_id,
        membership=jun.membership,
    )


def other_plan(where: WorkspaceRef, jun: Person) -> None:
    Workspace.objects.filter(pk=where.id).update(plan="api")


@pytest.mark.parametrize(
    "take",
    [
        *(feature_off, feature_gone, other_seat, role_that_says_off),
        *(group_that_says_off, other_plan),
    ],
)
def test_a_right_that_is_gone_ends_the_grant(
    where: WorkspaceRef,
    jun: Person,
    allowed: ConnectorGrant,
    take: Callable[[WorkspaceRef, Person], None],
) -> None:
    with opened(where):
        take(where, jun)

    assert review() == 1

    assert is_cut(where)
    with opened(where):
        cut = ConnectorCut.objects.get()
        assert (cut.cause, cut.requested_by) == ("right_lost", "connectors")
        assert selectors.at_source(cut=cut).waiting == 1
        assert not GrantReview.objects.exists()


def test_a_right_through_a_role_ends_with_what_the_role_says(
    where: WorkspaceRef, jun: Person, allowed: ConnectorGrant
) -> None:
    role = a_role(where, "Open", CONNECTORS_USE="on")
    assign(where, role, membership=jun.membership)
    with opened(where):
        Baseline.objects.all().delete()
    assert review() == 0

    with opened(where):
        RoleSetting.objects.filter(role=role).update(value="off")

    assert review() == 1
    assert is_cut(where)


def test_a_right_through_a_role_ends_with_the_assignment(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    role = a_role(where, "Drivers")
    assign(where, role, membership=jun.membership)
    set_up(role_ids=(role.pk,))
    linked(jun)
    assert review() == 0

    with opened(where):
        RoleAssignment.objects.all().delete()

    assert review() == 1
    assert is_cut(where)


@pytest.mark.parametrize("is_whole_group", [False, True])
def test_a_right_through_a_group_ends_with_it(
    where: WorkspaceRef, jun: Person, set_up: SetUp, is_whole_group: bool
) -> None:
    group = a_group(where, "Drivers", jun.membership)
    set_up(group_ids=(group.pk,))
    linked(jun)
    assert review() == 0

    with opened(where):
        GroupMember.objects.all().delete()
        if is_whole_group:
            Group.objects.filter(pk=group.pk).delete()

    assert review() == 1
    assert is_cut(where)


def test_who_keeps_the_right_keeps_the_grant(
    where: WorkspaceRef, jun: Person, allowed: ConnectorGrant
) -> None:
    other = cast.officer(where)
    linked(other)
    with opened(where):
        role_that_says_off(where, other)

    assert review() == 1

    kept, cut = grants(where)
    assert (kept.end, cut.end) == ("", "cut")


def test_a_large_group_is_worked_off_in_bounded_batches(
    where: WorkspaceRef, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up()
    people = [cast.person(where, f"m{n}@halden.example") for n in range(7)]
    for one in people:
        linked(one)
    review()
    monkeypatch.setattr(reviewing, "BATCH", 3)
    with opened(where):
        Baseline.objects.update(value="off")

    assert review() == 7

    assert all(row.end == "cut" for row in grants(where))
    with opened(where):
        assert ConnectorCut.objects.count() == 3
        assert not GrantReview.objects.exists()


def test_a_batch_costs_the_same_for_many_members(
    where: WorkspaceRef, set_up: SetUp, django_assert_max_num_queries: Any
) -> None:
    set_up()
    for n in range(25):
        linked(cast.person(where, f"m{n}@halden.example"))
    review()
    with opened(where):
        Baseline.objects.update(value="off")

    with django_assert_max_num_queries(45):
        assert review() == 25


def test_what_another_worker_holds_is_asked_again_later(
    where: WorkspaceRef, allowed: ConnectorGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(where):
        Baseline.objects.update(value="off")
        rows = type(ConnectorGrant.objects.all())
    monkeypatch.setattr(rows, "select_for_update", _nothing)

    assert review() == 0

    monkeypatch.undo()
    assert review() == 1


def _nothing(rows: Any, **_: Any) -> Any:
    """As if all grants were held; the marks are free."""
    return rows.none() if rows.model is ConnectorGrant else rows


def test_the_marks_of_another_workspace_are_out_of_sight(
    where: WorkspaceRef, allowed: ConnectorGrant
) -> None:
    other = cast.elsewhere()
    with opened(where):
        Baseline.objects.update(value="off")

    with opened(other):
        assert not GrantReview.objects.filter(workspace_id=where.id).exists()


def test_a_mark_cannot_name_a_member_of_another_workspace(
    where: WorkspaceRef,
) -> None:
    other = cast.elsewhere()
    stranger = cast.person(other, "a@other.example")

    with opened(where), pytest.raises(IntegrityError, match="_fk"):
        GrantReview.objects.create(
            workspace_id=where.id, membership=stranger.membership, asked_at=NOON
        )


def test_narrowing_to_reading_cuts_grants_that_may_write(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    wide, narrow = linked(jun), linked(cast.officer(where))
    with opened(where):
        setup = selectors.one(connector="google-drive")
        ConnectorGrant.objects.filter(pk=wide.pk).update(scopes=list(setup.scopes))
        wanted = services.wanted_of(setup)
        read_only = services.Wanted(**{**vars(wanted), "action_control": "read_only"})
        preview = services.preview(connector="google-drive", wanted=read_only)

    set_up(action_control="read_only")

    assert (preview.cuts, preview.too_wide) == (1, 1)
    ends = {row.pk: row.end for row in grants(where)}
    assert ends == {wide.pk: "cut", narrow.pk: ""}
