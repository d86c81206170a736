"""What authentik, OneLogin, Google, Keycloak, Rauthy and JumpCloud send."""

import pytest

from tests.workspaces.scim import meaning
from tests.workspaces.scim.provider import PATCH, Provider, Query

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"
NOOR = "noor.haddad@halden.example"


def test_authentik_reads_what_is_possible_first(idp: Provider) -> None:
    found = idp.get("/ServiceProviderConfig")

    assert found["patch"] == {"supported": True}
    assert found["bulk"]["maxOperations"] == 1000
    assert found["filter"]["maxResults"] >= 200
    assert found["changePassword"] == {"supported": False}
    assert found["authenticationSchemes"][0]["type"] == "oauthbearertoken"


def test_authentik_adopts_what_it_meets(idp: Provider) -> None:
    first = idp.group("Engineering")

    again = idp.send(
        "POST",
        "/Groups",
        {"displayName": "Engineering", "externalId": "x", "schemas": []},
    )

    assert again.status_code == 409
    found = idp.find("Groups", 'displayName eq "Engineering"')
    assert [one["id"] for one in found] == [first["id"]]


def test_authentik_replaces_a_group_without_a_path(idp: Provider) -> None:
    jun, noor = idp.user(JUN)["id"], idp.user(NOOR)["id"]
    group = idp.group("Engineering", jun)["id"]

    answer = idp.patch(
        f"/Groups/{group}",
        {
            "op": "replace",
            "value": {
                "id": group,
                "displayName": "Engineers",
                "externalId": "c1f",
                "members": [{"value": noor}],
            },
        },
    )

    assert answer.status_code in {200, 204}
    assert idp.members(group) == {noor}
    assert idp.get(f"/Groups/{group}")["displayName"] == "Engineers"


def test_authentik_moves_members_one_operation_each(idp: Provider) -> None:
    jun, noor = idp.user(JUN)["id"], idp.user(NOOR)["id"]
    group = idp.group("Engineering", jun)["id"]

    answer = idp.patch(
        f"/Groups/{group}",
        {"op": "add", "path": "members", "value": [{"value": noor}]},
        {"op": "remove", "path": "members", "value": [{"value": jun}]},
    )

    assert answer.status_code in {200, 204}
    assert idp.members(group) == {noor}


def test_authentik_pages_from_where_it_is_without_a_count(idp: Provider) -> None:
    made = [idp.user(f"p{number}@halden.example")["id"] for number in range(3)]

    seen: list[str] = []
    while True:
        page = idp.get(f"/Users?startIndex={len(seen) + 1}")
        seen += [one["id"] for one in page.get("Resources", [])]
        if len(seen) >= page["totalResults"]:
            break

    assert seen == made


def test_onelogin_looks_up_with_plus_signs(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]

    found = idp.get(f"/Users?filter=userName+eq+%22{JUN.replace('@', '%40')}%22&")

    assert [one["id"] for one in found["Resources"]] == [jun]


def test_onelogin_puts_with_version_one_schemas(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]

    answer = idp.send(
        "PUT",
        f"/Users/{jun}?",
        {
            "schemas": ["urn:scim:schemas:core:2.0"],
            "userName": JUN,
            "emails": {"value": JUN, "primary": True},
            "active": "true",
            "department": "Optics",
        },
        content_type="application/json; charset=utf-8",
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["emails"][0]["value"] == JUN
    assert meaning.status(idp.where, JUN) == "active"


def test_google_probes_one_user(idp: Provider) -> None:
    assert idp.get("/Users?count=1")["totalResults"] == 0

    jun = idp.user(JUN)["id"]
    idp.user(NOOR)

    found = idp.get("/Users?count=1")
    assert (found["totalResults"], found["itemsPerPage"]) == (2, 1)
    assert found["Resources"][0]["id"] == jun


def test_google_creates_updates_and_suspends(idp: Provider) -> None:
    jun = idp.user(JUN, externalId="10768", name={"givenName": "Jun"})["id"]

    renamed = idp.patch(
        f"/Users/{jun}",
        {"op": "replace", "path": "name.familyName", "value": "Takahashi"},
    )
    suspended = idp.patch(
        f"/Users/{jun}", {"op": "replace", "path": "active", "value": False}
    )

    assert {renamed.status_code, suspended.status_code} <= {200, 204}
    assert idp.get(f"/Users/{jun}")["name"]["familyName"] == "Takahashi"
    assert meaning.status(idp.where, JUN) == "suspended"


def test_keycloak_sends_an_id_of_its_own(idp: Provider) -> None:
    made = idp.user(JUN, id="5f2c3a1e-keycloak")

    assert made["id"] != "5f2c3a1e-keycloak"
    assert idp.send("GET", "/Users/5f2c3a1e-keycloak").status_code == 404


def test_a_clients_id_overwrites_nobody(idp: Provider) -> None:
    jun = idp.user(JUN)

    noor = idp.user(NOOR, id=jun["id"])

    assert noor["id"] != jun["id"]
    assert idp.get(f"/Users/{jun['id']}")["userName"] == JUN


def test_keycloak_replaces_all_members_for_one_that_changed(idp: Provider) -> None:
    people = [idp.user(f"p{number}@halden.example")["id"] for number in range(30)]
    group = idp.group("Everybody", *people[:-1])["id"]
    version = idp.get(f"/Groups/{group}")["meta"]["version"]

    answer = idp.patch(
        f"/Groups/{group}",
        {
            "op": "replace",
            "path": "members",
            "value": [{"value": one} for one in people],
        },
    )

    assert answer.status_code in {200, 204}
    assert idp.members(group) == set(people)
    assert idp.get(f"/Groups/{group}")["meta"]["version"] != version


def test_rauthy_finds_by_external_id_and_puts(idp: Provider) -> None:
    jun = idp.user(JUN, externalId="Rau-1")
    group = idp.group("Engineering", externalId="Rau-g")

    assert [one["id"] for one in idp.find("Users", 'externalId eq "Rau-1"')] == [
        jun["id"]
    ]
    assert idp.find("Users", 'externalId eq "rau-1"') == []
    assert [one["id"] for one in idp.find("Groups", 'externalId eq "Rau-g"')] == [
        group["id"]
    ]
    answer = idp.send("PUT", f"/Users/{jun['id']}", {**jun, "nickName": "J"})
    assert answer.json()["nickName"] == "J"


def test_jumpcloud_probes_puts_inactive_and_puts_groups(idp: Provider) -> None:
    query = Query(filter='userName eq "nobody"', startIndex="1", count="1")
    assert idp.get(f"/Users?{query}")["totalResults"] == 0
    jun = idp.user(JUN)
    group = idp.group("Engineering")

    left = idp.send("PUT", f"/Users/{jun['id']}", {**jun, "active": False})
    filled = idp.send(
        "PUT",
        f"/Groups/{group['id']}",
        {**group, "members": [{"value": jun["id"], "type": "User"}]},
    )

    assert (left.status_code, filled.status_code) == (200, 200)
    assert meaning.status(idp.where, JUN) == "suspended"
    assert idp.members(group["id"]) == {jun["id"]}


def test_a_patch_without_its_schema_is_read(idp: Provider) -> None:
    jun = idp.user(JUN)["id"]

    answer = idp.send(
        "PATCH",
        f"/Users/{jun}",
        {"operations": [{"op": "REPLACE", "path": "title", "value": "Engineer"}]},
        content_type="application/json",
    )

    assert answer.status_code in {200, 204}, (answer.content, PATCH)
    assert idp.get(f"/Users/{jun}")["title"] == "Engineer"
