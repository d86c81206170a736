"""What provisioning means: who comes in, who is kept out, and who cannot be touched."""

from datetime import timedelta
from typing import Any

import pytest

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.scim import meaning
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import USER, Provider
from workspaces.groups import services as groups
from workspaces.groups.models import Group
from workspaces.members import services as members
from workspaces.members.models import Membership, User
from workspaces.offboarding.models import OffboardingReport
from workspaces.roles.matrix import Role
from workspaces.scim import documents
from workspaces.scim.models import ScimResource, ScimSettings
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"
MARA = "mara.lindqvist@halden.example"


def switch(where: WorkspaceRef, **switches: bool) -> None:
    with meaning.scope(where):
        ScimSettings.objects.update_or_create(workspace_id=where.id, defaults=switches)


def conflict(where: WorkspaceRef, user: Any) -> str:
    with meaning.scope(where):
        return ScimResource.objects.get(public_id=user["id"]).conflict


def map_role(where: WorkspaceRef, name: str, role: Role, *, own: bool = False) -> None:
    with meaning.scope(where):
        found = Group.objects.get(name=name)
        groups.give_role(
            actor=cast.owner(where).actor,
            workspace=where,
            group=found,
            role=role,
            may_own=own,
            at=NOON,
        )


def test_a_person_comes_in_as_a_plain_member(idp: Provider) -> None:
    idp.user(JUN, roles=[{"value": "owner"}], displayName="Jun Takahashi")

    assert meaning.status(idp.where, JUN) == "active"
    assert meaning.role(idp.where, JUN) == "member"
    with meaning.scope(idp.where):
        assert Membership.objects.get(email=JUN).name == "Jun Takahashi"


def test_marks_in_a_name_keep_nobody_out(idp: Provider) -> None:
    idp.user(JUN, displayName="\u200fJun\u202e \x01Takahashi")

    with meaning.scope(idp.where):
        assert Membership.objects.get(email=JUN).name == "Jun Takahashi"


def test_an_address_of_no_proven_domain_lets_nobody_in(idp: Provider) -> None:
    made = idp.user("jun@gmail.example")

    assert meaning.status(idp.where, "jun@gmail.example") == ""
    assert not User.objects.filter(email="jun@gmail.example").exists()
    assert conflict(idp.where, made) == "domain"


def test_a_user_without_an_address_lets_nobody_in(idp: Provider) -> None:
    made = idp.send("POST", "/Users", {"schemas": [USER], "userName": "jun"}).json()

    assert conflict(idp.where, made) == "no_address"


def test_a_domain_that_is_proven_later_lets_in_with_the_next_write(
    idp: Provider,
) -> None:
    made = idp.user("jun@halden-labs.example")
    prove(idp.where, "halden-labs.example")

    idp.send("PUT", f"/Users/{made['id']}", made)

    assert meaning.status(idp.where, "jun@halden-labs.example") == "active"
    assert conflict(idp.where, made) == ""


def test_a_person_who_is_deactivated_goes_through_offboarding(idp: Provider) -> None:
    jun = idp.user(JUN)

    idp.patch(f"/Users/{jun['id']}", {"op": "replace", "value": {"active": False}})

    assert meaning.status(idp.where, JUN) == "suspended"
    with meaning.scope(idp.where):
        assert OffboardingReport.objects.count() == 1
        assert Membership.objects.get(email=JUN).generation == 2


def test_groups_of_a_deactivated_person_are_kept(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    group = idp.group("Engineering", jun)["id"]

    idp.patch(f"/Users/{jun}", {"op": "replace", "value": {"active": False}})

    assert idp.members(group) == {jun}
    assert [one["value"] for one in idp.get(f"/Users/{jun}")["groups"]] == [group]


def test_a_deleted_person_is_gone_from_groups_and_their_name_is_free(
    idp: Provider,
) -> None:
    jun = idp.user(JUN)["id"]
    group = idp.group("Engineering", jun)
    version = group["meta"]["version"]

    assert idp.send("DELETE", f"/Users/{jun}").status_code == 204

    assert meaning.status(idp.where, JUN) == "removed"
    after = idp.get(f"/Groups/{group['id']}")
    assert "members" not in after
    assert after["meta"]["version"] != version
    assert idp.user(JUN)["id"] != jun
    assert meaning.status(idp.where, JUN) == "active"


@pytest.mark.parametrize("act", ["deactivate", "delete"])
def test_the_last_owner_stays(idp: Provider, act: str) -> None:
    switch(idp.where, adopts=True)
    mara = idp.user(MARA)["id"]

    answer = (
        idp.send("DELETE", f"/Users/{mara}")
        if act == "delete"
        else idp.patch(
            f"/Users/{mara}", {"op": "replace", "path": "active", "value": False}
        )
    )

    assert answer.status_code == 403
    assert "last owner" in answer.json()["detail"]
    assert meaning.status(idp.where, MARA) == "active"
    assert idp.get(f"/Users/{mara}")["active"] is True
    refused = meaning.entries(idp.where)[-1]
    assert (refused["action"], refused["outcome"]) == (
        "workspaces.scim-user.changed",
        "refused",
    )


def test_the_last_owner_stays_in_bulk_as_well(idp: Provider) -> None:
    switch(idp.where, adopts=True)
    mara = idp.user(MARA)["id"]

    answer = idp.send(
        "POST",
        "/Bulk",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "DELETE", "path": f"/Users/{mara}"}],
        },
    )

    assert answer.json()["Operations"][0]["status"] == "403"
    assert meaning.status(idp.where, MARA) == "active"
    assert meaning.entries(idp.where)[-1]["outcome"] == "refused"


def test_a_member_whom_scim_did_not_bring_is_not_touched(idp: Provider) -> None:
    cast.member(idp.where)

    answer = idp.send("POST", "/Users", {"userName": JUN, "active": False})

    assert answer.status_code == 409
    assert "Adopt existing members" in answer.json()["detail"]
    assert meaning.status(idp.where, JUN) == "active"


def test_a_change_of_address_takes_over_nobody(idp: Provider) -> None:
    cast.member(idp.where)
    noor = idp.user("noor.haddad@halden.example")

    answer = idp.patch(
        f"/Users/{noor['id']}",
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": JUN},
    )
    idp.patch(f"/Users/{noor['id']}", {"op": "replace", "value": {"active": False}})

    assert answer.status_code in {200, 204}
    assert conflict(idp.where, noor) == "address_taken"
    assert meaning.status(idp.where, JUN) == "active"
    assert meaning.status(idp.where, "noor.haddad@halden.example") == "suspended"


def test_adoption_takes_over_who_is_there(idp: Provider) -> None:
    cast.member(idp.where)
    switch(idp.where, adopts=True)

    jun = idp.user(JUN)

    idp.patch(f"/Users/{jun['id']}", {"op": "replace", "value": {"active": False}})
    assert meaning.status(idp.where, JUN) == "suspended"


def test_adoption_needs_a_proven_domain_too(idp: Provider) -> None:
    cast.person(idp.where, "guest@partner.example")
    switch(idp.where, adopts=True)

    made = idp.user("guest@partner.example", active=False)

    assert conflict(idp.where, made) == "domain"
    assert meaning.status(idp.where, "guest@partner.example") == "active"


def test_a_person_moves_to_a_new_address_in_a_proven_domain(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    new = "jun.sato@halden.example"

    idp.patch(
        f"/Users/{jun}",
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": new},
    )

    assert meaning.status(idp.where, new) == "active"
    assert User.objects.filter(email=new).count() == 1
    assert not User.objects.filter(email=JUN).exists()


def test_a_person_of_two_organizations_keeps_their_address(
    idp: Provider, elsewhere: WorkspaceRef
) -> None:
    jun = idp.user(JUN)
    cast.person(elsewhere, JUN)

    idp.patch(
        f"/Users/{jun['id']}",
        {
            "op": "replace",
            "path": 'emails[type eq "work"].value',
            "value": "other@halden.example",
        },
    )

    assert meaning.status(idp.where, JUN) == "active"
    assert conflict(idp.where, jun) == "address_fixed"


@pytest.mark.parametrize(
    "what", ["owner", "officer", "administrator", "of two workspaces"]
)
def test_nobody_with_more_to_lose_is_moved_to_another_address(
    idp: Provider, what: str
) -> None:
    switch(idp.where, adopts=True)
    address = {
        "owner": cast.person(idp.where, "o@halden.example", Role.OWNER),
        "officer": cast.officer(idp.where),
        "administrator": cast.owner(idp.where),
        "of two workspaces": cast.person(
            cast.workspace(slug="halden-lab", name="Lab"), "t@halden.example"
        ),
    }[what].user.email
    made = idp.user(address)

    idp.patch(
        f"/Users/{made['id']}",
        {
            "op": "replace",
            "path": 'emails[type eq "work"].value',
            "value": "thief@halden.example",
        },
    )

    assert conflict(idp.where, made) == "address_fixed"
    assert User.objects.filter(email=address).exists()
    assert not User.objects.filter(email="thief@halden.example").exists()


def test_a_group_gives_a_role_and_takes_it_back(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    group = idp.group("Admins")["id"]
    map_role(idp.where, "Admins", Role.ADMIN)

    idp.patch(
        f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": jun}]}
    )
    assert meaning.role(idp.where, JUN) == "admin"

    idp.patch(
        f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{jun}"]'}
    )
    assert meaning.role(idp.where, JUN) == "member"


def test_the_strongest_of_two_groups_counts(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    admins = idp.group("Admins", jun)["id"]
    idp.group("Analysts", jun)
    map_role(idp.where, "Analysts", Role.ANALYTICS_VIEWER)
    map_role(idp.where, "Admins", Role.ADMIN)
    assert meaning.role(idp.where, JUN) == "admin"

    idp.send("DELETE", f"/Groups/{admins}")

    assert meaning.role(idp.where, JUN) == "analytics_viewer"


def test_a_role_given_by_hand_is_not_taken_by_groups(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    with meaning.scope(idp.where):
        row = Membership.objects.get(email=JUN)
    members.change_role(
        actor=OPERATOR,
        workspace=idp.where,
        member=row.public_id,
        role=Role.COMPLIANCE_OFFICER,
        at=NOON,
    )
    group = idp.group("Friends", jun)["id"]

    idp.send("DELETE", f"/Groups/{group}")

    assert meaning.role(idp.where, JUN) == "compliance_officer"


def test_a_group_makes_nobody_owner_unless_switched_on(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    idp.group("Owners")
    with pytest.raises(groups.OwnershipIsOff):
        map_role(idp.where, "Owners", Role.OWNER)

    switch(idp.where, makes_owners=True)
    map_role(idp.where, "Owners", Role.OWNER, own=True)
    owners = idp.find("Groups", 'displayName eq "owners"')[0]["id"]
    idp.patch(
        f"/Groups/{owners}", {"op": "add", "path": "members", "value": [{"value": jun}]}
    )
    assert meaning.role(idp.where, JUN) == "owner"


def test_an_owner_by_hand_is_demoted_by_no_group(idp: Provider) -> None:
    switch(idp.where, adopts=True)
    mara = idp.user(MARA)["id"]
    group = idp.group("Analysts", mara)["id"]

    map_role(idp.where, "Analysts", Role.ANALYTICS_VIEWER)
    idp.send("DELETE", f"/Groups/{group}")

    assert meaning.role(idp.where, MARA) == "owner"


def test_groups_of_a_person_count_once_they_are_a_member(idp: Provider) -> None:
    made = idp.user("jun@halden-labs.example")
    idp.group("Admins", made["id"])
    map_role(idp.where, "Admins", Role.ADMIN)
    prove(idp.where, "halden-labs.example")

    idp.send("PUT", f"/Users/{made['id']}", made)

    assert meaning.role(idp.where, "jun@halden-labs.example") == "admin"


def test_what_is_sent_again_leaves_no_entry(idp: Provider) -> None:
    jun = idp.user(JUN)
    group = idp.group("Engineering", jun["id"])
    before = meaning.actions(idp.where)

    idp.send("PUT", f"/Users/{jun['id']}", jun)
    idp.send("PUT", f"/Groups/{group['id']}", group)
    idp.patch(f"/Users/{jun['id']}", {"op": "replace", "value": {"active": True}})

    assert meaning.actions(idp.where) == before


def test_each_write_is_one_entry_with_what_changed(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]
    before = len(meaning.entries(idp.where))

    idp.patch(
        f"/Users/{jun}",
        {"op": "replace", "value": {"title": "Engineer", "displayName": "Jun T."}},
    )

    (entry,) = meaning.entries(idp.where)[before:]
    assert entry["action"] == "workspaces.scim-user.changed"
    assert {"change.title", "change.displayName"} <= set(entry["commit"])
    assert {"actor_id", "user_agent"} <= set(entry["commit"])
    assert "Engineer" not in str(entry)


def test_the_document_is_sealed(idp: Provider) -> None:
    jun = idp.user(JUN, phoneNumbers=[{"value": "+81 6 0000", "type": "work"}])

    with scoping.workspace(
        workspace_id=idp.where.id, organization_id=idp.where.organization.id
    ):
        row = ScimResource.objects.get(public_id=jun["id"])
        assert b"+81" not in bytes(row.document)
        found = documents.opened(row.document, row=row.public_id, workspace=idp.where)
    assert found["phoneNumbers"][0]["value"] == "+81 6 0000"


def test_a_removed_person_comes_back_only_anew(idp: Provider, clock: Any) -> None:
    jun = idp.user(JUN)
    with meaning.scope(idp.where):
        row = Membership.objects.get(email=JUN)
    members.remove(actor=OPERATOR, workspace=idp.where, member=row.public_id, at=NOON)
    clock(NOON + timedelta(minutes=40))

    idp.send("PUT", f"/Users/{jun['id']}", {**jun, "title": "Engineer"})

    assert meaning.status(idp.where, JUN) == "removed"


def test_where_all_seats_are_taken_the_provider_is_told(idp: Provider) -> None:
    cast.owner(idp.where)
    members.set_seats(
        actor=OPERATOR, workspace=idp.where, limit=1, default="chat", at=NOON
    )

    answer = idp.send(
        "POST",
        "/Users",
        {
            "schemas": [USER],
            "userName": JUN,
            "active": True,
            "emails": [{"value": JUN, "primary": True}],
        },
    )

    assert answer.status_code == 403
    assert "seat" in answer.json()["detail"]
    assert meaning.status(idp.where, JUN) == ""


def test_who_the_provider_brought_is_shown_as_kept_by_it(idp: Provider) -> None:
    made = idp.user(JUN)

    with meaning.scope(idp.where):
        assert Membership.objects.get(email=JUN).source == "scim"
    idp.send("DELETE", f"/Users/{made['id']}")
    with meaning.scope(idp.where):
        assert Membership.objects.get(email=JUN).source == "hand"
