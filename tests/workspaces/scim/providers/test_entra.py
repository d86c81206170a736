"""What Microsoft Entra ID sends, in its old dialect and with `aadOptscim062020`."""

import json
from uuid import uuid4

import pytest

from tests.workspaces.scim import meaning
from tests.workspaces.scim.provider import (
    ENTERPRISE,
    GROUP,
    LIST,
    USER,
    Provider,
    Query,
)

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"
ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


@pytest.fixture
def jun(idp: Provider) -> str:
    answer = idp.send(
        "POST",
        "/Users",
        {
            "schemas": [USER, ENTERPRISE],
            "externalId": "jun.takahashi",
            "userName": JUN,
            "active": True,
            "displayName": "Jun Takahashi",
            "emails": [{"primary": True, "type": "work", "value": JUN}],
            "meta": {"resourceType": "User"},
            "name": {
                "formatted": "Jun Takahashi",
                "familyName": "Takahashi",
                "givenName": "Jun",
            },
            "title": None,
            "department": None,
            "manager": "26118915-6090-4610-87e4-49d8ca9f808d",
        },
    )
    assert answer.status_code == 201, answer.content
    found = answer.json()
    # A manager comes as a string and goes back as an object, or Entra stops.
    assert found[ENTERPRISE]["manager"] == {
        "value": "26118915-6090-4610-87e4-49d8ca9f808d"
    }
    return str(found["id"])


def test_the_connection_test_finds_nobody(idp: Provider) -> None:
    query = Query(filter=f'userName eq "{uuid4()}"')

    found = idp.get(f"/Users?{query}")

    assert (found["totalResults"], found["schemas"]) == (0, [LIST])


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "JUN.takahashi@halden.example"',
        'externalId eq "jun.takahashi"',
        'emails[type eq "work"].value eq "jun.takahashi@halden.example"',
        'userName eq "jun.takahashi@halden.example" and active eq true',
    ],
)
def test_a_person_is_matched(idp: Provider, jun: str, text: str) -> None:
    assert [one["id"] for one in idp.find("Users", text)] == [jun]


@pytest.mark.parametrize("is_new", [False, True], ids=["old", "aadOptscim062020"])
def test_a_person_leaves_and_comes_back(idp: Provider, jun: str, is_new: bool) -> None:
    leave, come = (
        ({"op": "replace", "path": "active", "value": value} for value in (False, True))
        if is_new
        else (
            {"op": "Replace", "path": "active", "value": value}
            for value in ("False", "True")
        )
    )

    assert idp.patch(f"/Users/{jun}", leave).status_code in {200, 204}
    assert meaning.status(idp.where, JUN) == "suspended"
    assert idp.get(f"/Users/{jun}")["active"] is False
    assert [one["id"] for one in idp.find("Users", f'userName eq "{JUN}"')] == [jun]

    idp.patch(f"/Users/{jun}", come)
    assert meaning.status(idp.where, JUN) == "active"


def test_attributes_change_one_by_one_in_the_old_dialect(
    idp: Provider, jun: str
) -> None:
    answer = idp.patch(
        f"/Users/{jun}",
        {"op": "Replace", "path": "displayName", "value": "Jun T."},
        {"op": "Add", "path": 'emails[type eq "other"].value', "value": "j@x.example"},
        {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "JP"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Osaka"},
        {"op": "Add", "path": 'addresses[type eq "work"].postalCode', "value": "530"},
        {"op": "Replace", "path": 'phoneNumbers[type eq "work"].value', "value": "1"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Optics"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "boss"},
        {"op": "Add", "path": "name.givenName", "value": "Junichi"},
    )

    assert answer.status_code in {200, 204}, answer.content
    found = idp.get(f"/Users/{jun}")
    assert found["displayName"] == "Jun T."
    assert found["addresses"] == [
        {"type": "work", "country": "JP", "locality": "Osaka", "postalCode": "530"}
    ]
    assert {one["value"] for one in found["emails"]} == {JUN, "j@x.example"}
    assert [one["value"] for one in found["phoneNumbers"]] == ["1"]
    assert found[ENTERPRISE]["department"] == "Optics"
    assert found[ENTERPRISE]["manager"]["value"] == "boss"
    assert found["name"]["givenName"] == "Junichi"


def test_attributes_change_at_once_in_the_new_dialect(idp: Provider, jun: str) -> None:
    answer = idp.patch(
        f"/Users/{jun}",
        {
            "op": "replace",
            "value": {
                "displayName": "Jun T.",
                "name.givenName": "Junichi",
                'emails[type eq "work"].value': JUN,
                f"{ENTERPRISE}:department": "Optics",
                f"{ENTERPRISE}:manager": "boss",
            },
        },
    )

    assert answer.status_code in {200, 204}, answer.content
    found = idp.get(f"/Users/{jun}")
    assert found["displayName"] == "Jun T."
    assert found["name"]["givenName"] == "Junichi"
    assert found[ENTERPRISE]["department"] == "Optics"
    assert found[ENTERPRISE]["manager"]["value"] == "boss"


@pytest.mark.parametrize(
    "manager", ["boss", {"value": "boss"}, [{"value": "boss"}], ["boss"]]
)
@pytest.mark.parametrize("path", ["manager", f"{ENTERPRISE}:manager"])
def test_a_manager_is_named_in_any_form(
    idp: Provider, jun: str, path: str, manager: object
) -> None:
    answer = idp.patch(
        f"/Users/{jun}", {"op": "Replace", "path": path, "value": manager}
    )

    assert answer.status_code in {200, 204}, answer.content
    found = idp.get(f"/Users/{jun}")
    assert found[ENTERPRISE]["manager"]["value"] == "boss"


def test_a_person_is_removed_for_good(idp: Provider, jun: str) -> None:
    assert idp.send("DELETE", f"/Users/{jun}").status_code == 204

    assert idp.send("GET", f"/Users/{jun}").status_code == 404
    assert meaning.status(idp.where, JUN) == "removed"


@pytest.fixture
def group(idp: Provider) -> str:
    answer = idp.send(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP, ADSCIM],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Optics",
            "meta": {"resourceType": "Group"},
        },
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["schemas"] == [GROUP]
    return str(answer.json()["id"])


def test_a_group_is_matched_without_its_members(
    idp: Provider, jun: str, group: str
) -> None:
    idp.patch(
        f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": jun}]}
    )
    query = Query(excludedAttributes="members", filter='displayName eq "optics"')

    found = idp.get(f"/Groups?{query}")

    assert [one["id"] for one in found["Resources"]] == [group]
    assert "members" not in found["Resources"][0]
    alone = idp.get(f"/Groups/{group}?excludedAttributes=members")
    assert "members" not in alone


def test_a_member_comes_and_goes_in_the_old_dialect(
    idp: Provider, jun: str, group: str
) -> None:
    noor = idp.user("noor.haddad@halden.example")["id"]
    at = f"/Groups/{group}"
    both = [{"$ref": None, "value": jun}, {"$ref": None, "value": noor}]

    added = idp.patch(at, {"op": "Add", "path": "members", "value": both})
    removed = idp.patch(
        at,
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": jun}]},
    )

    # No content: the members of a large group are not worth sending.
    assert (added.status_code, removed.status_code) == (204, 204)
    assert idp.members(group) == {noor}


def test_a_removal_of_nobody_empties_no_group(
    idp: Provider, jun: str, group: str
) -> None:
    at = f"/Groups/{group}"
    idp.patch(at, {"op": "Add", "path": "members", "value": [{"value": jun}]})

    answer = idp.patch(at, {"op": "Remove", "path": "members", "value": []})

    assert answer.status_code == 204
    assert idp.members(group) == {jun}


def test_a_member_comes_and_goes_in_the_new_dialect(
    idp: Provider, jun: str, group: str
) -> None:
    at = f"/Groups/{group}"

    idp.patch(at, {"op": "add", "path": "members", "value": [{"value": jun}]})
    assert idp.members(group) == {jun}

    answer = idp.patch(at, {"op": "remove", "path": f'members[value eq "{jun}"]'})
    assert answer.status_code == 204
    assert idp.members(group) == set()


def test_a_member_who_comes_twice_is_no_conflict(
    idp: Provider, jun: str, group: str
) -> None:
    add = {"op": "Add", "path": "members", "value": [{"value": jun}]}
    idp.patch(f"/Groups/{group}", add)
    before = idp.get(f"/Groups/{group}")["meta"]

    again = idp.patch(f"/Groups/{group}", add)

    assert again.status_code == 204
    assert idp.get(f"/Groups/{group}")["meta"] == before


def test_a_group_gets_another_external_id(idp: Provider, group: str) -> None:
    answer = idp.patch(
        f"/Groups/{group}", {"op": "Replace", "path": "externalId", "value": "other"}
    )

    assert answer.status_code == 204
    assert idp.get(f"/Groups/{group}")["externalId"] == "other"


def test_the_schemas_hold_no_nulls(idp: Provider) -> None:
    found = idp.get("/Schemas")

    assert found["totalResults"] == len(found["Resources"]) == 3
    assert "null" not in json.dumps(found)
