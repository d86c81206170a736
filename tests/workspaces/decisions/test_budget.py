"""A question costs one query of its own, or two, and a batch no more than that."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.workspaces.decisions.asking import EVALUATION, EVALUATIONS, FrontEnd, asked
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

_FEATURES = ("web_search.use", "memory.use", "gpts.create", "history.use")
# The key, twice the settings of a scope with what comes around them, and no more.
_FRAME = ("custos_api_key", "set_config", "SAVEPOINT", "apikey")


def _own(front: FrontEnd, url: str, body: object) -> list[str]:
    """The queries that decide, without those that let a key in."""
    with CaptureQueriesContext(connection) as seen:
        assert front.post(url, body).status_code == 200
    statements = [one["sql"] for one in seen.captured_queries]
    return [one for one in statements if not any(part in one for part in _FRAME)]


def test_one_question_takes_one_query(where: WorkspaceRef, front: FrontEnd) -> None:
    jun = cast.member(where)

    body = asked(jun.user.email, "use", "feature", "web_search.use")

    assert len(_own(front, EVALUATION, body)) == 1


def test_a_hundred_take_one(where: WorkspaceRef, front: FrontEnd) -> None:
    people = [cast.person(where, f"p{n}@halden.example") for n in range(25)]
    evaluations = [
        asked(one.user.email, "use", "feature", feature)
        for one in people
        for feature in _FEATURES
    ]

    assert len(_own(front, EVALUATIONS, {"evaluations": evaluations})) == 1


def test_a_search_takes_one_for_two_hundred_members(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    for number in range(25):
        cast.person(where, f"p{number}@halden.example")
    body = {
        "subject": {"type": "user"},
        "action": {"name": "use"},
        "resource": {"type": "feature", "id": "web_search.use"},
    }

    assert len(_own(front, "/access/v1/search/subject", body)) == 1


def test_questions_of_every_kind_take_one_more_each(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    who = cast.member(where).user.email
    questions = {
        "feature": "web_search.use",
        "model": "gpt-5",
        "connector": "google-drive",
        "connector_action": "google-drive/files.read",
    }
    evaluations = [asked(who, "use", kind, one) for kind, one in questions.items()]

    assert len(_own(front, EVALUATIONS, {"evaluations": evaluations})) == 3
