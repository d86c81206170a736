"""Giving custom roles to members and groups, and taking them back."""

from typing import Any

import pytest
from django.test import Client

from kit.permissions import Permission
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.access.making import a_group, a_role, assign, opened, recorded
from workspaces.access import selectors, services
from workspaces.access.features import Feature
from workspaces.access.models import CustomRole, RoleAssignment
from workspaces.groups.models import Group, Source
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def role(where: WorkspaceRef) -> CustomRole:
    return a_role(where, "Researchers", grants=("holds.view",), LINK_SHARING="on")


def url(role: CustomRole, rest: str = "") -> str:
    return f"/w/halden-engineering/roles/{role.public_id}/{rest}"


def may_share(where: WorkspaceRef, jun: Person) -> bool:
    with opened(where):
        found = selectors.decide(member=jun.membership, feature=Feature.LINK_SHARING)
    return found.allowed


def test_a_member_gets_it_by_their_address(
    where: WorkspaceRef, owner: Client, jun: Person, role: CustomRole
) -> None:
    answer = owner.post(url(role, "members/"), {"email": f" {JUN.upper()} "})

    assert answer.status_code == 302
    assert may_share(where, jun)
    named = {"id": str(role.public_id), "name": "Researchers"}
    assert recorded(where) == (
        "workspaces.custom_role.assigned",
        {"custom_role": [None, named]},
    )


def test_a_group_gets_it_by_its_name_also_one_that_scim_keeps(
    where: WorkspaceRef, owner: Client, jun: Person, role: CustomRole
) -> None:
    group = a_group(where, "Lab", jun.membership)
    with opened(where):
        Group.objects.update(source=Source.SCIM)

    answer = owner.post(url(role, "groups/"), {"group": "LAB"})

    assert answer.status_code == 302
    assert may_share(where, jun)
    page = owner.get(url(role)).content.decode()
    assert "Kept by SCIM" in page
    assert str(group.public_id) in page


@pytest.mark.parametrize("kind", ["members", "groups"])
def test_it_is_taken_back(
    where: WorkspaceRef, owner: Client, jun: Person, role: CustomRole, kind: str
) -> None:
    group = a_group(where, "Lab", jun.membership)
    whom: dict[str, Any] = {
        "members": {"membership": jun.membership},
        "groups": {"group": group},
    }[kind]
    assign(where, role, **whom)
    (row,) = whom.values()

    answer = owner.post(url(role, f"{kind}/{row.public_id}/"))
    again = owner.post(url(role, f"{kind}/{row.public_id}/"))

    assert (answer.status_code, again.status_code) == (302, 404)
    assert not may_share(where, jun)
    action, changes = recorded(where)
    assert action == "workspaces.custom_role.unassigned"
    assert changes["custom_role"][1] is None


@pytest.mark.parametrize(
    ("place", "sends", "status", "sentence"),
    [
        ("members/", {"email": "nobody@halden.example"}, 422, "no member with that"),
        ("members/", {"email": "nonsense"}, 422, "nonsense"),
        ("members/", {}, 422, "Write the address"),
        ("members/", {"email": JUN}, 409, "given there already"),
        ("groups/", {"group": "Nothing"}, 422, "no group of that name"),
        ("groups/", {"group": ""}, 422, "Write the name of a group."),
    ],
)
def test_bad_input_gives_nothing_and_says_why(
    where: WorkspaceRef,
    owner: Client,
    jun: Person,
    role: CustomRole,
    place: str,
    sends: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    assign(where, role, membership=jun.membership)

    answer = owner.post(url(role, place), sends)

    assert answer.status_code == status
    assert sentence in answer.content.decode()
    with opened(where):
        assert RoleAssignment.objects.count() == 1


def test_nobody_of_another_organization_gets_it(
    where: WorkspaceRef, role: CustomRole
) -> None:
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example")

    with pytest.raises(selectors.people.MemberIsGone):
        services.assign_to_member(
            actor=cast.owner(where).actor,
            workspace=where,
            role=role.public_id,
            member=stranger.membership.public_id,
            at=NOON,
        )


@pytest.mark.parametrize(
    ("departure", "keeps"), [(Departure.REMOVED, False), (Departure.SUSPENDED, True)]
)
def test_who_is_removed_loses_it_and_does_not_come_back_with_it(
    where: WorkspaceRef,
    jun: Person,
    role: CustomRole,
    departure: Departure,
    keeps: bool,
) -> None:
    assign(where, role, membership=jun.membership)

    report = offboard(
        actor=OPERATOR,
        workspace=where,
        member=jun.membership.public_id,
        departure=departure,
        at=NOON,
    )

    counts = {step["name"]: step["count"] for step in report.steps}
    assert counts["custom_roles"] == (0 if keeps else 1)
    with opened(where):
        assert RoleAssignment.objects.exists() is keeps


def test_an_admin_sees_it_and_why_they_cannot_change_it(
    where: WorkspaceRef, role: CustomRole
) -> None:
    tomasz = cast.admin(where).client()

    page = tomasz.get(url(role)).content.decode()
    refused = tomasz.post(url(role, "members/"), {"email": JUN})

    assert "Only owners change roles." in page
    assert "Give it to the member" not in page
    assert refused.status_code == 403


def test_a_long_list_is_paged(
    where: WorkspaceRef, owner: Client, role: CustomRole
) -> None:
    for number in range(51):
        one = cast.person(where, f"person-{number}@halden.example").membership
        assign(where, role, membership=one)

    page = owner.get(url(role))
    rest = owner.get(url(role) + page.context["members"]["next"])

    assert len(page.context["members"]["rows"]) == 50
    assert [one["name"] for one in rest.context["members"]["rows"]] == [
        "person-0@halden.example"
    ]


def test_an_admin_cannot_come_to_a_grant_by_any_assignment(
    where: WorkspaceRef,
) -> None:
    tomasz = cast.admin(where)
    legal = a_role(where, "Legal", grants=("holds.manage",))

    answer = tomasz.client().post(
        url(legal, "members/"), {"email": tomasz.membership.email}
    )

    assert answer.status_code == 403
    assert not tomasz.actor.may(Permission.HOLDS_MANAGE)


def test_members_and_groups_are_found_by_how_they_begin(
    where: WorkspaceRef, owner: Client, jun: Person, role: CustomRole
) -> None:
    a_group(where, "Junior staff", jun.membership)

    page = owner.get(url(role), {"find": "jun"}).content.decode()
    given = owner.post(url(role, "members/"), {"email": JUN}, follow=True)
    again = owner.get(url(role), {"find": "jun"}).content.decode()

    assert f'name="email" value="{JUN}"' in page
    assert 'name="group" value="Junior staff"' in page
    assert "group of 1 person" in page
    assert given.status_code == 200
    assert "has it" in again
    assert f'name="email" value="{JUN}"' not in again


def test_who_may_not_give_roles_finds_nobody_there(
    where: WorkspaceRef, jun: Person, role: CustomRole
) -> None:
    page = cast.admin(where).client().get(url(role), {"find": "jun"}).content.decode()

    assert JUN not in page


@pytest.mark.parametrize("find", ["nobody", "%", "\x00", "x" * 300])
def test_what_fits_nobody_is_said(owner: Client, role: CustomRole, find: str) -> None:
    assert owner.get(url(role), {"find": find}).status_code in (200, 400)
