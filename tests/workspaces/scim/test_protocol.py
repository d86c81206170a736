"""What the protocol offers: searches, orders, pages, versions, selection, discovery."""

from typing import Any

import pytest

from tests.workspaces.scim.provider import BULK, ERROR, Provider, Query
from workspaces.scim import selectors

pytestmark = pytest.mark.django_db

NAMES = ["ann", "Bob", "carl", "dora", "emil"]


@pytest.fixture
def people(idp: Provider) -> list[Any]:
    return [
        idp.user(
            f"{name}@halden.example", title=f"T{place % 2}", externalId=f"E{place}"
        )
        for place, name in enumerate(NAMES)
    ]


def names(found: list[Any]) -> list[str]:
    return [one["userName"].partition("@")[0] for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName sw "BOB@"', ["Bob"]),
        ('userName co "r"', ["carl", "dora"]),
        ('userName ew "n@halden.example"', ["ann"]),
        ('not (userName co "@")', []),
        ('userName gt "carl@halden.example"', ["dora", "emil"]),
        ('externalId eq "E2"', ["carl"]),
        ('externalId eq "e2"', []),
        ('emails eq "dora@HALDEN.example"', ["dora"]),
        ('emails[type eq "work" and value eq "emil@halden.example"]', ["emil"]),
        ('emails[type eq "home" and value eq "emil@halden.example"]', []),
        ('title eq "t1"', ["Bob", "dora"]),
        ('userName sw "d" and title eq "T1"', ["dora"]),
        ('userName sw "d" or title eq "T0"', ["ann", "carl", "dora", "emil"]),
        ('active eq true and not (title eq "T0")', ["Bob", "dora"]),
        ('meta.created gt "2020-01-01T00:00:00Z"', NAMES),
        ('meta.lastModified lt "2020-01-01T00:00:00Z"', []),
        ("groups pr", []),
    ],
)
def test_a_filter_finds_what_it_says(
    idp: Provider, people: list[Any], text: str, expected: list[str]
) -> None:
    assert names(idp.find("Users", text)) == expected


def test_groups_are_found_by_their_members(idp: Provider, people: list[Any]) -> None:
    first = idp.group("One", people[0]["id"])["id"]
    idp.group("Two", people[1]["id"])

    for text in ('members.value eq "{}"', 'members[value eq "{}"]', 'members eq "{}"'):
        found = idp.find("Groups", text.format(people[0]["id"]))
        assert [one["id"] for one in found] == [first]


def test_a_search_that_would_open_too_many_is_refused(
    idp: Provider, people: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST_OPENED", 3)

    query = Query(filter='title eq "T1"')
    wide = idp.send("GET", f"/Users?{query}")
    narrow = idp.find("Users", 'userName sw "b" and title eq "T1"')

    assert (wide.status_code, wide.json()["scimType"]) == (400, "tooMany")
    assert names(narrow) == ["Bob"]


@pytest.mark.parametrize("sort", ["userName", "title", "meta.created", "id", ""])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_pages_by_index_hold_everybody_once(
    idp: Provider, people: list[Any], sort: str, order: str
) -> None:
    asked = {"sortBy": sort, "sortOrder": order} if sort else {}
    seen = []
    for start in (1, 3, 5):
        page = idp.get(f"/Users?{Query(startIndex=str(start), count='2', **asked)}")
        assert page["totalResults"] == len(people)
        seen += [one["id"] for one in page["Resources"]]

    assert sorted(seen) == sorted(one["id"] for one in people)


@pytest.mark.parametrize("sort", ["userName", "title", "meta.lastModified", ""])
def test_pages_by_cursor_hold_everybody_once(
    idp: Provider, people: list[Any], sort: str
) -> None:
    asked = {"sortBy": sort} if sort else {}
    seen, cursor = [], ""
    while True:
        page = idp.get(f"/Users?{Query(cursor=cursor, count='2', **asked)}")
        seen += names(page["Resources"])
        cursor = page.get("nextCursor", "")
        if not cursor:
            break
        # Whoever is created meanwhile hides and repeats nobody.
        idp.group(f"g{len(seen)}")

    assert sorted(seen) == sorted(NAMES)
    if sort == "userName":
        assert seen == NAMES


def test_a_cursor_serves_its_own_search_only(idp: Provider, people: list[Any]) -> None:
    page = idp.get(f"/Users?{Query(cursor='', count='2')}")
    asked = {"cursor": page["nextCursor"], "count": "2"}

    other = idp.send("GET", f"/Groups?{Query(**asked)}")

    assert (other.status_code, other.json()["scimType"]) == (400, "invalidCursor")


def test_a_version_guards_a_write(idp: Provider, people: list[Any]) -> None:
    path, old = f"/Users/{people[0]['id']}", people[0]["meta"]["version"]
    change = {"op": "replace", "path": "title", "value": "Chief"}

    first = idp.patch(path, change, If_Match=old)
    second = idp.patch(path, {**change, "value": "Other"}, If_Match=old)
    deletion = idp.send("DELETE", path, If_Match=old)

    assert first.status_code in {200, 204}
    assert (second.status_code, deletion.status_code) == (412, 412)
    assert idp.get(path)["title"] == "Chief"
    new = idp.send("GET", path)["ETag"]
    assert idp.send("GET", path, If_None_Match=new).status_code == 304


def test_a_version_guards_the_members_of_a_group(
    idp: Provider, people: list[Any]
) -> None:
    group = idp.group("One")
    add = {"op": "add", "path": "members", "value": [{"value": people[0]["id"]}]}

    idp.patch(f"/Groups/{group['id']}", add)
    stale = idp.patch(
        f"/Groups/{group['id']}",
        {"op": "remove", "path": "members"},
        If_Match=group["meta"]["version"],
    )

    assert stale.status_code == 412
    assert idp.members(group["id"]) == {people[0]["id"]}


def test_a_put_without_members_empties_a_group(
    idp: Provider, people: list[Any]
) -> None:
    group = idp.group("One", *(one["id"] for one in people))["id"]

    answer = idp.send("PUT", f"/Groups/{group}", {"displayName": "One"})

    assert answer.status_code == 200
    assert idp.members(group) == set()


def test_a_put_answers_with_the_members(idp: Provider, people: list[Any]) -> None:
    ids = {one["id"] for one in people}
    group = idp.group("One", *ids)

    answer = idp.send("PUT", f"/Groups/{group['id']}", {**group, "displayName": "Two"})

    assert {one["value"] for one in answer.json()["members"]} == ids


def test_paths_into_members_take_the_long_way(idp: Provider, people: list[Any]) -> None:
    jun = people[0]["id"]
    group = idp.group("One", jun)["id"]

    answer = idp.patch(
        f"/Groups/{group}",
        {"op": "replace", "path": f'members[value eq "{jun}"].display', "value": "Ann"},
    )

    assert answer.status_code in {200, 204}, answer.content
    assert idp.get(f"/Groups/{group}")["members"][0]["display"] == "Ann"


def test_attributes_are_chosen(idp: Provider, people: list[Any]) -> None:
    group = idp.group("One", people[0]["id"])["id"]

    short = idp.get(f"/Users/{people[0]['id']}?attributes=userName")
    without = idp.get("/Users?excludedAttributes=emails,groups")
    members = idp.get(f"/Groups/{group}?attributes=members.value")

    assert set(short) == {"schemas", "id", "userName"}
    assert all("emails" not in one for one in without["Resources"])
    assert members["members"] == [{"value": people[0]["id"]}]


def test_a_group_read_without_members_asks_for_none(
    idp: Provider, people: list[Any], django_assert_max_num_queries: Any
) -> None:
    group = idp.group("One", *(one["id"] for one in people))["id"]

    with django_assert_max_num_queries(12) as queries:
        idp.get(f"/Groups/{group}?excludedAttributes=members")

    read = [one for one in queries if "workspaces_groupmember" in one["sql"]]
    assert read == []


def test_one_member_costs_the_same_statements_in_any_group(
    idp: Provider, people: list[Any], django_assert_max_num_queries: Any
) -> None:
    counts = []
    for size in (1, 5):
        group = idp.group(f"g{size}", *(one["id"] for one in people[:size]))["id"]
        change = {"op": "add", "path": "members", "value": [{"value": people[0]["id"]}]}
        with django_assert_max_num_queries(40) as queries:
            idp.patch(f"/Groups/{group}", change)
        # Every twentieth request also lets the oldest traces of requests go.
        counts.append(
            sum("workspaces_scimrequest" not in one["sql"] for one in queries)
        )

    assert len(set(counts)) == 1


def test_what_is_there_is_told(idp: Provider) -> None:
    types = idp.get("/ResourceTypes")
    schemas = idp.get("/Schemas")
    refused = idp.send("GET", "/Schemas?filter=id%20pr")

    assert {one["endpoint"] for one in types["Resources"]} == {"/Users", "/Groups"}
    assert types["totalResults"] == 2
    assert all(one["meta"]["location"] for one in schemas["Resources"])
    assert refused.status_code == 403


def test_a_search_by_post_is_the_same_search(idp: Provider, people: list[Any]) -> None:
    answer = idp.send(
        "POST", "/Users/.search", {"filter": 'userName sw "b"', "count": 1}
    )
    everything = idp.send("POST", "/.search", {"filter": 'displayName eq "One"'})

    assert names(answer.json()["Resources"]) == ["Bob"]
    assert everything.json()["totalResults"] == 0


def test_bulk_changes_members_and_puts_groups(idp: Provider, people: list[Any]) -> None:
    group = idp.group("One", people[0]["id"])["id"]
    members = [{"value": one["id"]} for one in people[1:3]]

    answer = idp.send(
        "POST",
        "/Bulk",
        {
            "schemas": [BULK],
            "Operations": [
                {
                    "method": "PATCH",
                    "path": f"/Groups/{group}",
                    "data": {
                        "Operations": [
                            {"op": "Add", "path": "members", "value": members}
                        ]
                    },
                },
                {
                    "method": "PUT",
                    "path": f"/Groups/{group}",
                    "data": {"displayName": "Two", "members": members},
                },
                {"method": "GET", "path": f"/Groups/{group}"},
            ],
        },
    )

    outcomes = answer.json()["Operations"]
    assert [one["status"] for one in outcomes[:2]] == ["200", "200"]
    assert outcomes[2]["response"]["schemas"] == [ERROR]
    assert idp.members(group) == {one["value"] for one in members}
    assert idp.get(f"/Groups/{group}")["displayName"] == "Two"
