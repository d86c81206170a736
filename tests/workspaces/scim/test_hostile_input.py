"""Nothing that anybody can send gives a 5xx, and what is refused changes nothing."""

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workspaces.scim import meaning
from tests.workspaces.scim.provider import BULK, ERROR, PATCH, USER, Provider, Query
from workspaces.scim import core

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

JUN = "jun.takahashi@halden.example"
DEEP = "[" * 5_000 + "]" * 5_000
DEEP_OBJECT = '{"a":' * 40 + "1" + "}" * 40

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"userName": "\xff"}',
    "an array": b"[]",
    "a string": b'"x"',
    "a number": b"7",
    "null": b"null",
    "not a number": b'{"userName": NaN}',
    "infinite": b'{"userName": 1e999}',
    "thousands of digits": b'{"userName": ' + b"9" * 6_000 + b"}",
    "deep arrays": DEEP.encode(),
    "deep objects": DEEP_OBJECT.encode(),
    "NUL in a value": b'{"userName": "a\\u0000b"}',
    "NUL in a name": b'{"userName": "a", "x\\u0000y": 1}',
    "half a surrogate": b'{"userName": "\\ud800"}',
    "no name": b'{"displayName": "x"}',
    "an empty name": b'{"userName": ""}',
    "a blank name": b'{"userName": "  "}',
    "a name that is a number": b'{"userName": 7}',
    "a long name": json.dumps({"userName": "x" * 5_000}).encode(),
    "a long external id": json.dumps(
        {"userName": "x", "externalId": "e" * 5_000}
    ).encode(),
    "many emails": json.dumps(
        {"userName": "x", "emails": [{"value": f"{n}@x.example"} for n in range(51)]}
    ).encode(),
    "a long email": json.dumps(
        {"userName": "x", "emails": [{"value": "y" * 4_000}]}
    ).encode(),
    "emails that are a number": b'{"userName": "x", "emails": 7}',
    "emails in emails": b'{"userName": "x", "emails": [[["y"]]]}',
    "active that is a list": b'{"userName": "x", "active": [1, 2]}',
    "a manager that is a list of lists": (
        b'{"userName": "x", "manager": [["y"]], "active": true}'
    ),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("way", ["POST", "PUT"])
def test_a_user_that_cannot_be_one_is_refused(
    idp: Provider, name: str, way: str
) -> None:
    jun = idp.user(JUN)
    path = "/Users" if way == "POST" else f"/Users/{jun['id']}"

    answer = idp.send(way, path, raw=BODIES[name] or b" ")

    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["schemas"] == [ERROR]
    assert idp.get(f"/Users/{jun['id']}") == jun
    assert idp.get("/Users")["totalResults"] == 1


OPERATIONS: dict[str, Any] = {
    "none": {},
    "a list": [],
    "no op": {"Operations": [{"path": "title", "value": "x"}]},
    "an unknown op": {"Operations": [{"op": "move", "path": "title"}]},
    "an op that is a number": {"Operations": [{"op": 7, "path": "title"}]},
    "operations that are no list": {"Operations": "replace"},
    "operations of strings": {"Operations": ["replace"]},
    "a path that is a list": {"Operations": [{"op": "add", "path": [], "value": 1}]},
    "a broken path": {"Operations": [{"op": "add", "path": "a[[", "value": 1}]},
    "a long path": {
        "Operations": [
            {"op": "remove", "path": f'emails[value eq "{"x" * 9_000}"]'},
        ]
    },
    "NUL in a path": {
        "Operations": [
            {"op": "add", "path": 'emails[value eq "\\u0000"].type', "value": "x"}
        ]
    },
    "an id": {"Operations": [{"op": "replace", "path": "id", "value": "x"}]},
    "an empty name": {
        "Operations": [{"op": "replace", "path": "userName", "value": ""}]
    },
    "no name": {"Operations": [{"op": "remove", "path": "userName"}]},
    "a long name": {
        "Operations": [{"op": "replace", "path": "userName", "value": "x" * 5_000}]
    },
    "active that is a word": {
        "Operations": [{"op": "replace", "path": "active", "value": "maybe"}]
    },
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_patch_that_cannot_be_one_is_refused(idp: Provider, name: str) -> None:
    jun = idp.user(JUN)
    body = OPERATIONS[name]
    if isinstance(body, dict):
        body = {"schemas": [PATCH], **body}

    answer = idp.send("PATCH", f"/Users/{jun['id']}", body)

    assert answer.status_code < 500, answer.content
    assert idp.get(f"/Users/{jun['id']}") == jun


@pytest.mark.parametrize(
    "value",
    [
        "x",
        7,
        [7],
        ["x"],
        [["x"]],
        [{}],
        [{"value": 7}],
        [{"value": None}],
        {"value": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_members_that_cannot_be_any_are_refused(
    idp: Provider, op: str, value: object
) -> None:
    jun = idp.user(JUN)["id"]
    group = idp.group("Engineering", jun)["id"]

    answer = idp.patch(
        f"/Groups/{group}", {"op": op, "path": "members", "value": value}
    )

    assert answer.status_code < 500, answer.content
    assert idp.members(group) == {jun}


@pytest.mark.parametrize(
    "path",
    [
        "/Users/a%00b",
        "/Groups/a%00b",
        f"/Users/{'x' * 301}",
        "/Users/%0A",
        "/Users/..%2F..%2Fetc",
        "/Users/%F0%9F%98%80",
        "/Users/%FF",
        "/Nothing",
        "/Users/a/b/c",
        "/Schemas/none",
        "/ResourceTypes/none",
        "//",
        "/.search",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_an_address_of_nothing_is_not_there(
    idp: Provider, method: str, path: str
) -> None:
    answer = idp.send(method, path, {"userName": "x"} if method != "GET" else None)

    assert answer.status_code < 500, answer.content
    assert "\x00" not in str(answer.headers)


@pytest.mark.parametrize(
    "query",
    [
        "filter=",
        "filter=userName",
        "filter=userName%20eq",
        "filter=userName%20eq%20%22a%00b%22",
        "filter=userName%20eq%20%22a%5Cu0000b%22",
        "filter=userName%20eq%20%22%5Cud800%22",
        "filter=nothing%20eq%201",
        "filter=password%20pr",
        "filter=not%20(password%20eq%20%22x%22)",
        "filter=userName%20eq%20%22x%22%20and%20password%20sw%20%22S%22",
        "startIndex=x",
        "startIndex=99999999999999999999999",
        "startIndex=-7",
        "count=99999999999999999999999",
        "count=-1",
        "count=1.5",
        "sortBy=nothing",
        "sortBy=password",
        "sortBy=emails[type%20eq%20%22work%22]",
        "sortOrder=sideways",
        "attributes=nothing",
        "attributes=a[[",
        "excludedAttributes=" + "x," * 3_000,
        "cursor=forged",
        "cursor=%00",
        "cursor=a&startIndex=1",
    ],
)
def test_a_query_that_cannot_be_one_is_answered(idp: Provider, query: str) -> None:
    idp.user(JUN)

    for kind in ("Users", "Groups", ""):
        answer = idp.send("GET", f"/{kind}?{query}")
        assert answer.status_code < 500, answer.content


def test_a_password_is_never_searched_nor_given_back(idp: Provider) -> None:
    jun = idp.user(JUN, password="S3cret")

    for text in ("password pr", 'userName eq "x" or password sw "S"'):
        answer = idp.send("GET", f"/Users?{Query(filter=text)}")
        assert answer.status_code == 400
        assert answer.json()["scimType"] == "invalidFilter"
    assert "password" not in idp.get(f"/Users/{jun['id']}?attributes=password")


@pytest.mark.parametrize("text", ["%", "_", "a%", "j_n"])
def test_wildcards_of_sql_are_letters(idp: Provider, text: str) -> None:
    idp.user(JUN)

    assert idp.find("Users", f'userName co "{text}"') == []
    assert idp.find("Users", f'userName sw "{text}"') == []


def test_a_filter_has_four_kibibytes(idp: Provider) -> None:
    long = " or ".join(f'userName eq "{n}"' for n in range(400))

    by_query = idp.send("GET", f"/Users?{Query(filter=long)}")
    by_body = idp.send("POST", "/Users/.search", {"filter": long})

    assert (by_query.status_code, by_body.status_code) == (400, 400)
    assert by_query.json()["scimType"] == "invalidFilter"


def test_a_body_has_one_mebibyte(idp: Provider) -> None:
    large = json.dumps({"userName": JUN, "title": "x" * core.MAX_BODY}).encode()

    answer = idp.send("POST", "/Users", raw=large)

    assert (answer.status_code, answer.json()["schemas"]) == (413, [ERROR])
    assert idp.get("/Users")["totalResults"] == 0


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/scim+json", 201),
        ("application/scim+json; charset=utf-8", 201),
        ("application/json", 201),
        ("application/json; charset=UTF-8", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
    ],
)
def test_a_body_is_json(idp: Provider, content_type: str, status: int) -> None:
    answer = idp.send("POST", "/Users", {"userName": JUN}, content_type=content_type)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/scim+json"


def test_two_primary_emails_become_one(idp: Provider) -> None:
    emails = [
        {"value": JUN, "type": "work", "primary": True},
        {"value": "j@x.example", "type": "home", "primary": True},
    ]

    made = idp.user(JUN, emails=emails)

    assert [one.get("primary") for one in made["emails"]] == [True, False]


def test_me_is_nobody(idp: Provider) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
        body = {"userName": "x"} if method != "GET" else None
        assert idp.send(method, "/Me", body).status_code == 501


def test_bulk_has_a_thousand_operations(idp: Provider) -> None:
    one = {"method": "DELETE", "path": "/Users/x"}

    answer = idp.send("POST", "/Bulk", {"schemas": [BULK], "Operations": [one] * 1001})

    assert answer.status_code == 413


def test_a_patch_has_an_end_too(idp: Provider) -> None:
    jun = idp.user(JUN)
    one = {"op": "replace", "path": "title", "value": "x"}

    answer = idp.patch(f"/Users/{jun['id']}", *[one] * 2_001)

    assert answer.status_code == 413
    assert idp.get(f"/Users/{jun['id']}") == jun


def test_a_bulk_operation_that_fails_undoes_itself_only(idp: Provider) -> None:
    def post(bulk_id: str, **data: Any) -> dict[str, Any]:
        return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}

    answer = idp.send(
        "POST",
        "/Bulk",
        {
            "schemas": [BULK],
            "Operations": [
                post("a", userName=JUN, schemas=[USER]),
                post("b", userName=JUN, schemas=[USER]),
                post("c", userName="noor.haddad@halden.example", schemas=[USER]),
                {
                    "method": "POST",
                    "path": "/Groups",
                    "bulkId": "g",
                    "data": {
                        "displayName": "Both",
                        "members": [{"value": "bulkId:a"}, {"value": "bulkId:c"}],
                    },
                },
            ],
        },
    )

    outcomes = answer.json()["Operations"]
    assert [one["status"] for one in outcomes] == ["201", "409", "201", "201"]
    assert meaning.status(idp.where, JUN) == "active"
    group = outcomes[3]["location"].rpartition("/")[2]
    assert len(idp.members(group)) == 2


_WORDS = st.sampled_from(
    [
        *("schemas", "userName", "emails", "value", "active", "members", "name"),
        *("displayName", "externalId", "Operations", "op", "path", "id", "meta"),
        *("add", "replace", "remove", "primary", "type", "manager", "filter", "count"),
        *(
            PATCH,
            USER,
            'emails[type eq "work"]',
            "members.value",
            JUN,
            "bulkId",
            "data",
        ),
        *("method", "POST", "/Users", "/Groups", "startIndex", "sortBy", "cursor"),
    ]
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=string.printable + "\x00é😀", max_size=12)
    | _WORDS
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_WORDS | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=15,
)
_PATHS = st.sampled_from(
    [
        *("/Users", "/Groups", "/Users/{user}", "/Groups/{group}", "/Bulk"),
        *("/.search", "/Users/.search", "/Groups/.search", "/Me", "/Schemas"),
    ]
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(method=st.sampled_from(["POST", "PUT", "PATCH"]), path=_PATHS, body=_JSON)
def test_no_body_gives_a_5xx(idp: Provider, method: str, path: str, body: Any) -> None:
    user = idp.find("Users", f'userName eq "{JUN}"') or [idp.user(JUN)]
    group = idp.find("Groups", 'displayName eq "G"') or [idp.group("G")]
    at = path.format(user=user[0]["id"], group=group[0]["id"])

    for sent in (body, {"schemas": [PATCH], "Operations": [body]}):
        answer = idp.send(method, at, sent)
        assert answer.status_code < 500 or at == "/Me", (sent, answer.content)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    text=st.text(max_size=60)
    | st.lists(
        _WORDS
        | st.sampled_from(["eq", "pr", "and", "or", "not", "(", ")", "[", "]", '"x"']),
        max_size=8,
    ).map(" ".join)
)
def test_no_filter_gives_a_5xx(idp: Provider, text: str) -> None:
    found = text.encode("utf-8", "ignore").decode()

    for kind in ("Users", "Groups", ""):
        answer = idp.send("GET", f"/{kind}?{Query(filter=found)}")
        assert answer.status_code < 500, (found, answer.content)
