"""A key learns nothing of other tenants, and of its own what its scopes open."""

import pytest

from tests import cast
from tests.cast import Person
from tests.workspaces.decisions import worlds
from tests.workspaces.decisions.asking import FrontEnd
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

QUESTION = ("use", "feature", "web_search.use")
NOBODY = "00000000-0000-4000-8000-000000000007"


@pytest.fixture
def sol(where: WorkspaceRef) -> Person:
    return cast.person(cast.elsewhere(), "sol.ortega@brennan.example")


def test_a_member_of_another_tenant_looks_like_nobody(
    front: FrontEnd, sol: Person
) -> None:
    theirs = front.decides(str(sol.membership.public_id), *QUESTION)

    assert theirs == front.decides(NOBODY, *QUESTION)
    assert theirs == front.decides(sol.user.email, *QUESTION)
    assert theirs == front.decides("nobody@brennan.example", *QUESTION)
    assert theirs["context"] == {
        "code": "unknown_subject",
        "reason_user": {"404": "This workspace has no such member."},
    }


def test_a_workspace_next_door_is_another_tenant(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    next_door = cast.workspace(where.organization, slug="halden-law", name="Law")
    ife = cast.person(next_door, "ife.adeyemi@halden.example")

    assert not front.may(ife.user.email, *QUESTION)
    assert FrontEnd(next_door).may(ife.user.email, *QUESTION)


def test_a_search_finds_nobody_of_another_tenant(front: FrontEnd, sol: Person) -> None:
    body = {
        "subject": {"type": "user"},
        "action": {"name": "use"},
        "resource": {"type": "feature", "id": "web_search.use"},
    }

    found = front.finds("subject", body)

    assert str(sol.membership.public_id) not in {one["id"] for one in found}
    assert len(found) == 1


def test_a_token_of_another_workspace_is_refused(
    where: WorkspaceRef, front: FrontEnd, sol: Person
) -> None:
    body = {
        "subject": {"type": "user"},
        "action": {"name": "use"},
        "resource": {"type": "feature", "id": "web_search.use"},
        "page": {"limit": 0},
    }
    token = front.post("/access/v1/search/subject", body).json()["page"]["next_token"]

    body["page"] = {"token": token}
    answer = FrontEnd(sol.workspace).post("/access/v1/search/subject", body)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "subject",
    ["", " ", "\0", "a\0@halden.example", "%", "@", "x" * 5000, "@" * 255, "💥@x"],
)
def test_nothing_that_is_sent_is_a_fault_of_ours(
    where: WorkspaceRef, front: FrontEnd, jun: Person, subject: str
) -> None:
    for kind in ("feature", "model", "user", ""):
        assert not front.may(subject, "use", kind, "web_search.use")
        assert not front.may(jun.user.email, subject, kind, "web_search.use")
    assert not front.may(jun.user.email, "use", "feature", subject)
    assert not front.may(jun.user.email, "use", "feature", "gpts.share", level=subject)


@pytest.mark.parametrize("level", ["galaxy", "WORKSPACE", "?", 7, ["workspace"], True])
def test_a_level_that_is_none_is_a_no(
    front: FrontEnd, jun: Person, level: object
) -> None:
    found = front.decides(jun.user.email, "use", "feature", "gpts.share", level=level)

    assert found["decision"] is False


def test_where_an_answer_comes_from_is_for_keys_that_may_see_roles(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    worlds.fill(where, seed=7)
    asks, reads = front, FrontEnd(where, "decisions.ask", "admin.read")
    question = ("person-3@halden.example", *QUESTION)

    short, long = asks.decides(*question), reads.decides(*question)

    assert set(short["context"]) == {"code", "reason_user", "value"}
    assert set(long["context"]) == {*short["context"], "reason_admin", "trail"}
    assert long["decision"] == short["decision"]
    assert {one["where"] for one in long["context"]["trail"]} >= {"plan", "seat"}
    assert any(one["decided"] for one in long["context"]["trail"])
