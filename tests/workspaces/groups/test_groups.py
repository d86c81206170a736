"""Groups: making, filling, changing and deleting them, and what is left to others."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.groups import selectors, services
from workspaces.groups.models import Group, GroupMember, Source
from workspaces.groups.services import keeping
from workspaces.members import services as members
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/groups/"
BUDGET = 16


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Person:
    return cast.owner(where)


@pytest.fixture
def lab(where: WorkspaceRef) -> Group:
    return services.found(actor=OPERATOR, workspace=where, name="Lab", at=NOON)


def managed(where: WorkspaceRef) -> Group:
    return services.create(
        actor=OPERATOR,
        workspace=where,
        name="Staff",
        members=services.MemberChange(),
        source=Source.SCIM,
        may_own=False,
        at=NOON,
    )


def admit(where: WorkspaceRef, group: Group, person: Person, **more: Any) -> None:
    services.admit(
        actor=more.get("actor", OPERATOR),
        workspace=where,
        group=group.public_id,
        members=[person.membership.public_id],
        at=NOON,
    )


def page_of(group: Group) -> str:
    return f"{PAGE}{group.public_id}/"


def test_creating_one_leads_to_its_page(owner: Person) -> None:
    answer = owner.client().post(
        f"{PAGE}create/", {"name": " Lab ", "is_discoverable": "on"}, follow=True
    )

    assert "The group “Lab” is there." in answer.content.decode()
    assert "Lab" in owner.client().get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "x" * 300, "lab", "LAB"])
def test_bad_and_taken_names_are_refused(owner: Person, lab: Group, name: str) -> None:
    answer = owner.client().post(f"{PAGE}create/", {"name": name})

    assert answer.status_code == 422
    with _open(owner.workspace):
        assert Group.objects.count() == 1


def test_there_are_at_most_so_many(
    where: WorkspaceRef, lab: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_GROUPS", 1)

    with pytest.raises(services.TooManyGroups, match="at most 1 groups"):
        services.found(actor=OPERATOR, workspace=where, name="Second", at=NOON)


def test_a_member_is_found_by_name_and_put_in_without_script(
    where: WorkspaceRef, owner: Person, lab: Group
) -> None:
    jun, client = cast.member(where), owner.client()

    found = client.get(page_of(lab), {"find": "jun"}).content.decode()
    answer = client.post(
        f"{page_of(lab)}add/", {"member": jun.membership.public_id}, follow=True
    )

    assert "Add jun.takahashi@halden.example" in found
    assert "Take out jun.takahashi@halden.example" in answer.content.decode()
    client.post(f"{page_of(lab)}take-out/", {"member": jun.membership.public_id})
    with _open(where):
        assert not GroupMember.objects.exists()


@pytest.mark.parametrize("member", ["", "nonsense"])
def test_nobody_in_particular_is_not_put_in(
    owner: Person, lab: Group, member: str
) -> None:
    answer = owner.client().post(f"{page_of(lab)}add/", {"member": member}, follow=True)

    assert "nothing was changed" in answer.content.decode()


def test_somebody_of_another_workspace_is_not_there(owner: Person, lab: Group) -> None:
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example")

    answer = owner.client().post(
        f"{page_of(lab)}add/", {"member": stranger.membership.public_id}
    )

    assert answer.status_code == 404


def test_what_the_provider_keeps_is_read_only(
    where: WorkspaceRef, owner: Person
) -> None:
    staff, jun = managed(where), cast.member(where)
    client = owner.client()

    added = client.post(f"{page_of(staff)}add/", {"member": jun.membership.public_id})
    deleted = client.post(f"{page_of(staff)}delete/", {"typed_name": "Staff"})

    assert added.status_code == 409
    assert "scim_managed_resource" in added.content.decode()
    assert deleted.status_code == 422
    page = client.get(page_of(staff)).content.decode()
    assert "Kept by your identity provider" in page
    assert "Add people" not in page


def test_members_find_it_or_not_also_where_the_provider_keeps_it(
    where: WorkspaceRef, owner: Person
) -> None:
    staff = managed(where)

    owner.client().post(f"{page_of(staff)}edit/", {})

    with _open(where):
        assert not selectors.discoverable().exists()
        assert selectors.one(group=staff.public_id).name == "Staff"


def test_renaming(owner: Person, lab: Group) -> None:
    owner.client().post(
        f"{page_of(lab)}edit/", {"name": "Optics", "is_discoverable": "on"}
    )

    assert "Optics" in owner.client().get(PAGE).content.decode()


def test_deleting_says_what_goes_and_asks_for_the_name(
    where: WorkspaceRef, owner: Person, lab: Group
) -> None:
    admit(where, lab, cast.member(where))
    client = owner.client()

    page = client.get(f"{page_of(lab)}delete/").content.decode()
    wrong = client.post(f"{page_of(lab)}delete/", {"typed_name": "lab"})
    client.post(f"{page_of(lab)}delete/", {"typed_name": "Lab"})

    assert "1 person will no longer be in it" in page
    assert wrong.status_code == 422
    with _open(where):
        assert not Group.objects.exists()


def test_only_owners_put_people_into_a_group_that_gives_a_role(
    where: WorkspaceRef, owner: Person, lab: Group
) -> None:
    admin, jun = cast.admin(where), cast.member(where)
    with _open(where):
        services.give_role(
            actor=owner.actor,
            workspace=where,
            group=lab,
            role="admin",
            may_own=False,
            at=NOON,
        )

    with pytest.raises(services.GroupGivesTooMuch):
        admit(where, lab, jun, actor=admin.actor)
    admit(where, lab, jun, actor=owner.actor)

    with _open(where):
        jun.membership.refresh_from_db()
    assert jun.membership.role == "admin"


def test_who_is_removed_leaves_the_groups_and_does_not_come_back_to_them(
    where: WorkspaceRef, lab: Group
) -> None:
    jun = cast.member(where)
    admit(where, lab, jun)

    report = offboard(
        actor=OPERATOR,
        workspace=where,
        member=jun.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    members.add(
        actor=OPERATOR, workspace=where, email=jun.user.email, role="member", at=NOON
    )

    assert {"groups": 1}.items() <= {
        s["name"]: s["count"] for s in report.steps
    }.items()
    with _open(where):
        assert not GroupMember.objects.exists()


def test_who_is_suspended_stays_in_them(where: WorkspaceRef, lab: Group) -> None:
    jun = cast.member(where)
    admit(where, lab, jun)

    offboard(
        actor=OPERATOR,
        workspace=where,
        member=jun.membership.public_id,
        departure=Departure.SUSPENDED,
        at=NOON,
    )

    with _open(where):
        assert GroupMember.objects.count() == 1


def test_the_page_of_a_member_loads_their_groups(
    where: WorkspaceRef, owner: Person, lab: Group
) -> None:
    jun = cast.member(where)
    admit(where, lab, jun)
    page = f"/w/halden-engineering/members/{jun.membership.public_id}/"

    part = owner.client().get(f"{page}groups/", headers={"HX-Request": "true"})

    assert f'hx-get="{page}groups/"' in owner.client().get(page).content.decode()
    assert "<html" not in part.content.decode()
    assert "Lab" in part.content.decode()


def test_the_number_of_queries_does_not_grow(
    where: WorkspaceRef, owner: Person, lab: Group
) -> None:
    client = owner.client()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(30):
        services.found(actor=OPERATOR, workspace=where, name=f"Group {number}", at=NOON)

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(many) == len(few) <= BUDGET, [q["sql"] for q in many]


def test_a_stranger_and_the_unpermitted_are_refused(
    where: WorkspaceRef, lab: Group
) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    assert stranger.client().get(page_of(lab)).status_code == 404
    assert cast.member(where).client().get(page_of(lab)).status_code == 403
    assert cast.officer(where).client().get(page_of(lab)).status_code == 200
    assert cast.officer(where).client().get(f"{PAGE}create/").status_code == 403


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
