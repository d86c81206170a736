"""What AuthZEN Authorization API 1.0 and its certification ask of a decision point.

The cases follow the sections of the working group's certification scenario; its records
are features here, its Alice and Bob members.
"""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.decisions.asking import (
    EVALUATION,
    EVALUATIONS,
    SEARCHES,
    FrontEnd,
    asked,
)
from workspaces.members import services as members
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

READ, WRITE = "web_search.use", "link_sharing.use"


@pytest.fixture
def alice(jun: Person) -> dict[str, str]:
    return {"type": "user", "id": str(jun.membership.public_id)}


def feature(name: str) -> dict[str, str]:
    return {"type": "feature", "id": name}


USE = {"name": "use"}
FLY = {"name": "fly"}
USER = {"type": "user"}
A = {"type": "user", "id": "a"}
SHIP = {"type": "ship", "id": "a"}
OTHER = {"type": "other", "id": "a"}
FEATURES = {"type": "feature"}


# Access Evaluation


def test_permit_and_deny_are_both_200(front: FrontEnd, alice: dict[str, str]) -> None:
    yes = front.post(
        EVALUATION, {"subject": alice, "action": USE, "resource": feature(READ)}
    )
    no = front.post(
        EVALUATION, {"subject": alice, "action": USE, "resource": feature(WRITE)}
    )

    assert (yes.status_code, no.status_code) == (200, 200)
    assert yes["Content-Type"] == no["Content-Type"] == "application/json"
    assert yes.json()["decision"] is True
    assert no.json()["decision"] is False


def test_context_further_properties_and_unknown_members_change_nothing(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {
        "subject": {**alice, "properties": {"department": "Sales"}, "x": 1},
        "action": {**USE, "properties": {"method": "GET"}},
        "resource": {**feature(READ), "properties": {"owner": ["bob", None]}},
        "context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"},
        "foo": "bar",
        "futureField": {"nested": True},
    }

    answer = front.post(EVALUATION, body)

    assert (answer.status_code, answer.json()["decision"]) == (200, True)


def test_null_is_left_out(front: FrontEnd, alice: dict[str, str]) -> None:
    body = {
        "subject": {**alice, "properties": None},
        "action": {**USE, "properties": None},
        "resource": {**feature(READ), "properties": None},
        "context": None,
    }

    assert front.post(EVALUATION, body).json()["decision"] is True


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS])
@pytest.mark.parametrize(
    "broken",
    [
        {"subject": None},
        {"action": None},
        {"resource": None},
        {"subject": {"id": "alice"}},
        {"subject": {"type": "user"}},
        {"subject": {"type": "user", "id": None}},
        {"action": {}},
        {"resource": {"id": "record-1"}},
        {"resource": {"type": "feature"}},
        {"subject": "alice"},
        {"subject": ["user", "alice"]},
        {"action": {"name": 123}},
        {"action": {"name": "use", "properties": "all"}},
        {"resource": {"type": "feature", "id": 7}},
        {"context": "now"},
    ],
    ids=str,
)
def test_what_is_missing_or_of_another_type_is_400(
    front: FrontEnd, alice: dict[str, str], url: str, broken: dict[str, Any]
) -> None:
    body = {"subject": alice, "action": USE, "resource": feature(READ), **broken}

    answer = front.post(url, {name: one for name, one in body.items() if one})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert next(iter(broken)) in answer.content.decode()


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS, *SEARCHES.values()])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"),
        ("{", "application/json"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ('"text"', "application/json"),
        ('{"subject": NaN}', "application/json"),
        ('{"subject": {"type": "a", "type": "b"}}', "application/json"),
        (b'{"subject": "\xff"}', "application/json"),
        ("{}", "text/plain"),
        ("{}", "application/x-www-form-urlencoded"),
        ("{}", "application/json; charset=utf-16"),
        ("{}", "application/problem+json"),
    ],
)
def test_what_is_no_json_object_is_400(
    front: FrontEnd, url: str, body: str | bytes, content_type: str
) -> None:
    answer = front.post(url, body, content_type=content_type)

    assert answer.status_code == 400
    assert answer.content


def test_a_content_type_may_name_its_charset(front: FrontEnd, jun: Person) -> None:
    body = asked(jun.user.email, "use", "feature", READ)

    answer = front.post(
        EVALUATION, body, content_type="Application/JSON; charset=UTF-8"
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS, *SEARCHES.values()])
def test_the_id_of_a_request_comes_back_whatever_the_answer(
    front: FrontEnd, url: str
) -> None:
    sent = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    wrong = front.post(url, "{", **{"X-Request-ID": sent})
    stranger = Client().post(url, "{}", "application/json", HTTP_X_REQUEST_ID=sent)

    assert (wrong.status_code, stranger.status_code) == (400, 401)
    assert wrong["X-Request-ID"] == stranger["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["a\x00b", "\x1b[31m", "x" * 2000])
def test_an_id_that_no_header_can_carry_is_dropped(front: FrontEnd, sent: str) -> None:
    answer = front.post(EVALUATION, "{", **{"X-Request-ID": sent})

    assert answer.status_code == 400
    assert "X-Request-ID" not in answer


def test_without_an_id_none_is_made_up(front: FrontEnd) -> None:
    assert "X-Request-ID" not in front.post(EVALUATION, "{}")


# Access Evaluations


def test_a_batch_keeps_its_order(front: FrontEnd, alice: dict[str, str]) -> None:
    body = {
        "subject": alice,
        "action": USE,
        "evaluations": [{"resource": feature(READ)}, {"resource": feature(WRITE)}],
    }

    answer = front.post(EVALUATIONS, body)

    assert answer.status_code == 200
    assert set(answer.json()) == {"evaluations"}
    decisions = [one["decision"] for one in answer.json()["evaluations"]]
    assert decisions == [True, False]


def test_a_batch_needs_no_defaults(front: FrontEnd, jun: Person) -> None:
    evaluations = [
        asked(jun.user.email, "use", "feature", READ),
        asked("nobody@halden.example", "use", "feature", READ),
    ]

    answer = front.post(EVALUATIONS, {"evaluations": evaluations})

    decisions = [one["decision"] for one in answer.json()["evaluations"]]
    assert decisions == [True, False]


def test_a_default_is_inherited_whole_or_not_at_all(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {
        "subject": alice,
        "action": USE,
        "resource": feature(READ),
        "context": {"time": "2025-06-27T18:03-07:00"},
        "evaluations": [{}, {"resource": {"id": READ}}, {"context": {"a": "b"}}],
    }

    first, second, third = front.post(EVALUATIONS, body).json()["evaluations"]

    assert (first["decision"], third["decision"]) == (True, True)
    assert second["decision"] is False
    assert second["context"]["error"]["status"] == 400
    assert "resource.type" in second["context"]["error"]["message"]


def test_one_that_cannot_be_read_is_a_no_among_the_others(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {
        "subject": alice,
        "action": USE,
        "options": {"evaluations_semantic": "execute_all", "another_option": "value"},
        "evaluations": [{"resource": feature(READ)}, {}, "text", None, [1]],
    }

    answer = front.post(EVALUATIONS, body)

    decisions = [one["decision"] for one in answer.json()["evaluations"]]
    assert decisions == [True, False, False, False, False]


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_without_evaluations_it_is_a_single_one(
    front: FrontEnd, alice: dict[str, str], evaluations: dict[str, Any]
) -> None:
    body = {"subject": alice, "action": USE, "resource": feature(READ), **evaluations}

    assert front.post(EVALUATIONS, body).json()["decision"] is True


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_three_semantics(
    front: FrontEnd, alice: dict[str, str], semantic: str, expected: list[bool]
) -> None:
    body = {
        "subject": alice,
        "action": USE,
        "options": {"evaluations_semantic": semantic},
        "evaluations": [{"resource": feature(one)} for one in (READ, WRITE, READ)],
    }

    found = front.post(EVALUATIONS, body).json()["evaluations"]

    assert [one["decision"] for one in found] == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"options": {"evaluations_semantic": "sometimes"}},
        {"options": {"evaluations_semantic": 1}},
        {"options": "execute_all"},
        {"evaluations": {"0": {}}},
        {"evaluations": [{}] * 201},
        {"subject": "alice"},
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_batch_that_is_wrong_as_a_whole_is_400(
    front: FrontEnd, alice: dict[str, str], broken: dict[str, Any]
) -> None:
    body = {"subject": alice, "action": USE, "evaluations": [{}], **broken}

    assert front.post(EVALUATIONS, body).status_code == 400


# Search


def test_subjects_are_found_and_an_id_of_theirs_is_ignored(
    front: FrontEnd, where: WorkspaceRef, alice: dict[str, str]
) -> None:
    owner = {"type": "user", "id": str(cast.owner(where).membership.public_id)}
    body = {"subject": {"type": "user"}, "action": USE, "resource": feature(READ)}

    found = front.finds("subject", body)

    assert sorted(found, key=str) == sorted([alice, owner], key=str)
    assert front.finds("subject", {**body, "subject": alice}) == found
    assert front.finds("subject", {**body, "context": {"time": "now"}}) == found


def test_resources_are_found_and_an_id_of_theirs_is_ignored(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {"subject": alice, "action": USE, "resource": {"type": "feature"}}

    found = front.finds("resource", body)

    assert feature(READ) in found
    assert feature(WRITE) not in found
    assert {one["type"] for one in found} == {"feature"}
    assert front.finds("resource", {**body, "resource": feature(WRITE)}) == found


def test_actions_are_found_without_an_action(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    may = {"subject": alice, "resource": feature(READ)}
    may_not = {"subject": alice, "resource": feature(WRITE)}

    assert front.finds("action", may) == [{"name": "use"}]
    assert front.finds("action", may_not) == []


def test_whatever_a_search_finds_is_permitted_when_asked(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {"subject": alice, "action": USE, "resource": {"type": "feature"}}
    found = front.finds("resource", body)

    batch = {"subject": alice, "action": USE, "evaluations": []}
    batch["evaluations"] = [{"resource": one} for one in found]
    decided = front.post(EVALUATIONS, batch).json()["evaluations"]

    assert [one["decision"] for one in decided] == [True] * len(found)
    assert found


def test_pages_follow_each_other_to_the_end(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body: dict[str, Any] = {
        "subject": alice,
        "action": USE,
        "resource": {"type": "feature"},
    }
    whole = front.finds("resource", dict(body))

    first = front.post(SEARCHES["resource"], {**body, "page": {"limit": 2}}).json()
    again = {**body, "page": {"token": first["page"]["next_token"], "limit": 2}}
    second = front.post(SEARCHES["resource"], again).json()

    assert list(first) == ["page", "results"]
    assert first["page"]["count"] == len(first["results"]) == 2
    assert first["results"] + second["results"] == whole[:4]
    assert front.finds("resource", {**body, "page": {"limit": 2}}) == whole


def test_a_limit_of_nothing_finds_nothing_and_says_that_there_is_more(
    front: FrontEnd, alice: dict[str, str]
) -> None:
    body = {"subject": alice, "action": USE, "resource": {"type": "feature"}}

    answer = front.post(SEARCHES["resource"], {**body, "page": {"limit": 0}}).json()

    assert answer["results"] == []
    assert answer["page"]["next_token"] != ""


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": {"type": "user", "id": "else"}},
        {"action": {"name": "edit"}},
        {"resource": {"type": "gpt"}},
        {"context": {"time": "later"}},
        {"page": {"limit": 3}},
        {"page": {"token": "W10"}},
        {"page": {"token": "\u00ff"}},
        {"page": {"token": "x" * 5000}},
        {"page": {"token": "eyJ"}},
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_token_belongs_to_its_question(
    front: FrontEnd, alice: dict[str, str], changed: dict[str, Any]
) -> None:
    url = SEARCHES["resource"]
    body = {"subject": alice, "action": USE, "resource": {"type": "feature"}}
    first = front.post(url, {**body, "page": {"limit": 2}}).json()
    page = {"token": first["page"]["next_token"], **changed.pop("page", {})}

    answer = front.post(url, {**body, **changed, "page": page})

    assert answer.status_code == 400
    assert "page.token" in answer.content.decode()


@pytest.mark.parametrize(
    ("search", "body"),
    [
        ("action", {"subject": A, "resource": feature(READ)}),
        ("action", {"subject": SHIP, "resource": feature(READ)}),
        ("action", {"subject": A, "resource": OTHER}),
        ("subject", {"subject": SHIP, "action": USE, "resource": feature(READ)}),
        ("subject", {"subject": USER, "action": USE, "resource": feature("x")}),
        ("subject", {"subject": USER, "action": FLY, "resource": feature(READ)}),
        ("subject", {"subject": USER, "action": USE, "resource": OTHER}),
        ("resource", {"subject": A, "action": USE, "resource": FEATURES}),
        ("resource", {"subject": SHIP, "action": USE, "resource": OTHER}),
    ],
)
def test_what_is_unknown_is_found_nowhere(
    front: FrontEnd, search: str, body: dict[str, Any]
) -> None:
    assert front.finds(search, dict(body)) == []


@pytest.mark.parametrize(
    ("search", "body"),
    [
        ("subject", {"subject": USER, "resource": feature(READ)}),
        ("subject", {"action": USE, "resource": feature(READ)}),
        ("subject", {"subject": USER, "action": USE, "resource": FEATURES}),
        ("subject", {"subject": {}, "action": USE, "resource": feature(READ)}),
        ("resource", {"action": USE, "resource": FEATURES}),
        ("resource", {"subject": USER, "action": USE, "resource": FEATURES}),
        ("resource", {"subject": A, "action": USE}),
        ("action", {"subject": A}),
        ("action", {"subject": USER, "resource": feature(READ)}),
        ("action", {"subject": A, "resource": FEATURES}),
        ("action", {"subject": A, "resource": OTHER, "page": 1}),
        ("action", {"subject": A, "resource": OTHER, "page": {"limit": -1}}),
        ("action", {"subject": A, "resource": OTHER, "page": {"limit": "9"}}),
        ("action", {"subject": A, "resource": OTHER, "page": {"token": 1}}),
    ],
)
def test_a_search_that_lacks_something_is_400(
    front: FrontEnd, search: str, body: dict[str, Any]
) -> None:
    assert front.post(SEARCHES[search], body).status_code == 400


# Transport


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS, *SEARCHES.values()])
def test_without_a_key_it_is_401_with_the_way_in(url: str, where: WorkspaceRef) -> None:
    answer = Client().post(url, "{}", "application/json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="Custos"'
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS, *SEARCHES.values()])
def test_a_key_without_the_scope_is_403(url: str, where: WorkspaceRef) -> None:
    answer = FrontEnd(where, "audit.read").post(url, "{}")

    assert answer.status_code == 403
    assert "decisions.ask" in answer.content.decode()
    assert 'scope="decisions.ask"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("url", [EVALUATION, EVALUATIONS, *SEARCHES.values()])
def test_a_key_of_an_organization_names_no_workspace(
    url: str, where: WorkspaceRef
) -> None:
    program = FrontEnd(where, workspace=None)
    body = {
        **asked("a@halden.example", "use", "feature", READ),
        "evaluations": [{}],
    }

    answer = program.post(url, body)

    assert answer.status_code == 403
    assert "key of a workspace" in answer.content.decode()


def test_only_post_is_asked(front: FrontEnd) -> None:
    assert Client().get(EVALUATION).status_code == 405


def test_a_body_may_not_be_larger_than_any_question(front: FrontEnd) -> None:
    answer = front.post(EVALUATION, '{"a": "' + "x" * 600_000 + '"}')

    assert answer.status_code == 413


def test_metadata_names_every_address(settings: Any) -> None:
    answer = Client().get("/.well-known/authzen-configuration")

    base = settings.CUSTOS_BASE_URL
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer.json() == {
        "policy_decision_point": base,
        "access_evaluation_endpoint": base + EVALUATION,
        "access_evaluations_endpoint": base + EVALUATIONS,
        "search_subject_endpoint": base + SEARCHES["subject"],
        "search_resource_endpoint": base + SEARCHES["resource"],
        "search_action_endpoint": base + SEARCHES["action"],
    }


def test_the_same_question_has_the_same_answer(front: FrontEnd, jun: Person) -> None:
    answers = {
        str(front.decides(jun.user.email, "use", "feature", READ)) for _ in range(3)
    }

    assert len(answers) == 1


def test_the_documentation_lists_the_addresses(where: WorkspaceRef) -> None:
    described = Client().get("/api/openapi.json").json()["paths"]
    page = Client().get("/api/docs").content.decode()

    for url in (EVALUATION, EVALUATIONS, *SEARCHES.values()):
        body = described[url]["post"]["requestBody"]["content"]["application/json"]
        assert body["schema"]["properties"]
        assert url in page
    assert "$defs" not in str(described)


# Members


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{upper}"])
def test_a_member_is_named_by_address_in_any_case(
    front: FrontEnd, jun: Person, spelling: str
) -> None:
    address = jun.user.email
    named = spelling.format(address, upper=address.upper())

    assert front.may(named, "use", "feature", READ)


def test_who_was_removed_is_unknown(
    front: FrontEnd, where: WorkspaceRef, jun: Person
) -> None:
    members.remove(
        actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
    )

    answer = front.decides(jun.user.email, "use", "feature", READ)

    assert answer["decision"] is False
    assert answer["context"]["code"] == "unknown_subject"


def test_who_is_suspended_may_nothing_and_is_told_why(
    front: FrontEnd, where: WorkspaceRef, jun: Person
) -> None:
    members.suspend(
        actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
    )

    answer = front.decides(jun.user.email, "use", "feature", READ)

    assert answer["decision"] is False
    assert "suspended" in answer["context"]["reason_user"]["403"]
