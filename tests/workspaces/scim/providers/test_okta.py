"""What Okta sends: wizard-made (AIW) applications with PUT, catalogue ones with PATCH.

Written from its SCIM reference and its public test script.
"""

import pytest

from tests.workspaces.scim import meaning
from tests.workspaces.scim.provider import ERROR, LIST, USER, Provider, Query

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"
NEW = {
    "schemas": [USER],
    "userName": JUN,
    "name": {"givenName": "Jun", "familyName": "Takahashi"},
    "emails": [{"primary": True, "value": JUN, "type": "work"}],
    "displayName": "Jun Takahashi",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def lookup(idp: Provider, name: str = JUN) -> dict[str, object]:
    query = Query(filter=f'userName eq "{name}"', startIndex="1", count="100")
    return idp.get(f"/Users?{query}")


def test_a_person_is_looked_up_then_created(idp: Provider) -> None:
    nobody = lookup(idp)

    made = idp.send("POST", "/Users", NEW)

    assert (nobody["totalResults"], nobody["schemas"]) == (0, [LIST])
    assert made.status_code == 201
    assert made["Location"] == made.json()["meta"]["location"]
    assert made.json()["userName"] == JUN
    assert "password" not in made.json()
    assert meaning.status(idp.where, JUN) == "active"
    assert lookup(idp)["totalResults"] == 1


def test_the_same_person_again_is_a_conflict(idp: Provider) -> None:
    idp.send("POST", "/Users", NEW)

    again = idp.send("POST", "/Users", {**NEW, "externalId": "other"})

    assert again.status_code == 409
    assert again.json()["schemas"] == [ERROR]
    assert (again.json()["status"], again.json()["scimType"]) == ("409", "uniqueness")


def test_a_recreated_person_comes_with_the_same_external_id(idp: Provider) -> None:
    first = idp.send("POST", "/Users", NEW).json()
    idp.send("DELETE", f"/Users/{first['id']}")

    second = idp.send("POST", "/Users", NEW)

    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert meaning.status(idp.where, JUN) == "active"


def test_two_people_may_share_an_external_id(idp: Provider) -> None:
    idp.send("POST", "/Users", NEW)

    other = idp.user("noor.haddad@halden.example", externalId=NEW["externalId"])

    assert other["externalId"] == NEW["externalId"]


def test_a_wizard_made_application_puts_the_whole_object(idp: Provider) -> None:
    made = idp.send("POST", "/Users", NEW).json()
    read = idp.get(f"/Users/{made['id']}")

    answer = idp.send(
        "PUT", f"/Users/{made['id']}", {**read, "active": False, "groups": []}
    )

    assert answer.status_code == 200
    assert answer.json()["active"] is False
    assert meaning.status(idp.where, JUN) == "suspended"
    assert idp.get(f"/Users/{made['id']}")["active"] is False


def test_a_put_without_a_word_on_active_leaves_the_person_active(
    idp: Provider,
) -> None:
    made = idp.send("POST", "/Users", NEW).json()
    whole = {name: value for name, value in made.items() if name != "active"}

    answer = idp.send("PUT", f"/Users/{made['id']}", {**whole, "title": "Engineer"})

    assert answer.json()["active"] is True
    assert meaning.status(idp.where, JUN) == "active"


def test_a_catalogue_application_deactivates_without_a_path(idp: Provider) -> None:
    made = idp.send("POST", "/Users", NEW).json()

    answer = idp.patch(
        f"/Users/{made['id']}", {"op": "replace", "value": {"active": False}}
    )

    assert answer.status_code in {200, 204}
    assert meaning.status(idp.where, JUN) == "suspended"

    idp.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": True}})
    assert meaning.status(idp.where, JUN) == "active"


def test_a_password_that_is_pushed_changes_nothing(idp: Provider) -> None:
    made = idp.send("POST", "/Users", NEW).json()

    answer = idp.patch(
        f"/Users/{made['id']}", {"op": "replace", "value": {"password": "x"}}
    )

    assert answer.status_code in {200, 204}
    read = idp.get(f"/Users/{made['id']}")
    assert read["meta"]["version"] == made["meta"]["version"]


def test_a_group_is_pushed_renamed_filled_and_unlinked(idp: Provider) -> None:
    jun = idp.send("POST", "/Users", NEW).json()["id"]
    noor = idp.user("noor.haddad@halden.example")["id"]
    group = idp.group("Engineering")["id"]
    at = f"/Groups/{group}"

    renamed = idp.patch(
        at, {"op": "replace", "value": {"id": group, "displayName": "Engineers"}}
    )
    filled = idp.patch(
        at,
        {"op": "add", "path": "members", "value": [{"value": jun, "display": "Jun"}]},
    )
    swapped = idp.patch(
        at,
        {"op": "remove", "path": f'members[value eq "{jun}"]'},
        {"op": "add", "path": "members", "value": [{"value": noor}]},
    )

    assert {renamed.status_code, filled.status_code, swapped.status_code} <= {200, 204}
    assert idp.get(at)["displayName"] == "Engineers"
    assert idp.members(group) == {noor}

    both = [{"value": jun, "display": "Jun"}, {"value": noor, "display": "Noor"}]
    replaced = idp.patch(at, {"op": "replace", "path": "members", "value": both})
    assert replaced.status_code in {200, 204}
    assert idp.members(group) == {jun, noor}
    assert {one["display"] for one in idp.get(at)["members"]} == {"Jun", "Noor"}

    assert idp.send("DELETE", at).status_code == 204
    assert idp.send("GET", at).status_code == 404


def test_a_wizard_made_application_puts_the_whole_group(idp: Provider) -> None:
    jun = idp.send("POST", "/Users", NEW).json()["id"]
    group = idp.group("Engineering", jun)

    answer = idp.send("PUT", f"/Groups/{group['id']}", {**group, "members": []})

    assert answer.status_code == 200
    assert idp.members(group["id"]) == set()


def test_its_script_finds_what_it_looks_for(idp: Provider) -> None:
    idp.send("POST", "/Users", NEW)
    idp.user("noor.haddad@halden.example")
    idp.user("ife.adeyemi@halden.example")

    first = idp.get("/Users?count=2&startIndex=1")
    groups = idp.get("/Groups")
    gone = idp.send("GET", "/Users/00919288221112222")

    assert first["schemas"] == [LIST]
    assert (first["itemsPerPage"], first["startIndex"]) == (2, 1)
    assert first["totalResults"] == 3
    assert all(type(first[name]) is int for name in ("itemsPerPage", "startIndex"))
    assert idp.get("/Users?count=2&startIndex=1") == first
    assert groups["totalResults"] == 0
    assert gone.status_code == 404
    assert (gone.json()["status"], gone.json()["schemas"]) == ("404", [ERROR])
    assert gone.json()["detail"]
