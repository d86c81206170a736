"""Front ends learn that a conversation may be opened where its owner sees it."""

from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.conversations import selectors
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, days_ago
from tests.workspaces.decisions.asking import EVALUATIONS, FrontEnd, asked
from workspaces.access.models import Baseline
from workspaces.members import services as members

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])


@pytest.fixture
def front(stage: Stage) -> FrontEnd:
    return FrontEnd(stage.workspace)


def _may(front: FrontEnd, who: Person, action: str, row: Any) -> bool:
    return front.may(who.user.email, action, "conversation", str(row.public_id))


def test_the_owner_may_and_nobody_else(stage: Stage, front: FrontEnd) -> None:
    row = stage.conversation()

    for action in ("view", "continue"):
        assert _may(front, stage.member, action, row)
        for other in (stage.other, stage.owner, stage.officer):
            assert not _may(front, other, action, row)


def test_that_of_somebody_else_looks_like_none(stage: Stage, front: FrontEnd) -> None:
    row = stage.conversation(stage.other)
    question = (stage.member.user.email, "view", "conversation")

    theirs = front.decides(*question, str(row.public_id))

    assert theirs == front.decides(*question, str(uuid4()))
    assert theirs == front.decides(*question, "no id")
    assert theirs["context"]["code"] == "unknown_resource"


def test_what_is_deleted_or_expired_is_gone(stage: Stage, front: FrontEnd) -> None:
    stage.set_policy(90)
    deleted = stage.conversation(deleted_at=days_ago(1), deleted_by="owner")
    expired, live = stage.conversation(age=100), stage.conversation(age=10)

    assert not _may(front, stage.member, "view", deleted)
    assert not _may(front, stage.member, "view", expired)
    assert _may(front, stage.member, "view", live)


def test_it_agrees_with_the_own_page(stage: Stage, front: FrontEnd) -> None:
    stage.set_policy(90)
    chance = Random(11)
    rows = [
        stage.conversation(
            chance.choice([stage.member, stage.other]),
            age=chance.randrange(200),
            is_temporary=chance.random() < 0.3,
        )
        for _number in range(20)
    ]
    with stage.scope():
        shown = selectors.visible_to(
            workspace=stage.workspace,
            membership_id=stage.member.membership.pk,
            at=NOON,
        )
        visible = {str(one) for one in shown.values_list("public_id", flat=True)}
    who = stage.member.user.email

    found = front.finds(
        "resource",
        {
            "subject": {"type": "user", "id": who},
            "action": {"name": "view"},
            "resource": {"type": "conversation"},
            "page": {"limit": 3},
        },
    )
    batch = [asked(who, "view", "conversation", str(one.public_id)) for one in rows]
    decided = front.post(EVALUATIONS, {"evaluations": batch}).json()["evaluations"]

    assert {one["id"] for one in found} == visible
    assert [one["decision"] for one in decided] == [
        str(one.public_id) in visible for one in rows
    ]


def test_a_batch_takes_as_many_queries_as_one(stage: Stage, front: FrontEnd) -> None:
    rows = [stage.conversation() for _number in range(6)]
    people = (stage.member, stage.other)
    batch = [
        asked(who.user.email, "view", "conversation", str(row.public_id))
        for row in rows
        for who in people
    ]

    def queries(evaluations: list[Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            front.post(EVALUATIONS, {"evaluations": evaluations})
        return len(seen.captured_queries)

    queries(batch)  # notes the use of the key
    assert queries(batch) == queries(batch[:1])


def test_continuing_needs_what_keeps_it(stage: Stage, front: FrontEnd) -> None:
    kept, temporary = stage.conversation(), stage.conversation(is_temporary=True)
    with stage.scope():
        Baseline.objects.create(
            workspace_id=stage.workspace.id, feature="history.use", value="off"
        )

    assert _may(front, stage.member, "view", kept)
    assert not _may(front, stage.member, "continue", kept)
    assert _may(front, stage.member, "continue", temporary)


def test_who_is_suspended_opens_nothing(stage: Stage, front: FrontEnd) -> None:
    row = stage.conversation()
    members.suspend(
        actor=cast.OPERATOR,
        workspace=stage.workspace,
        member=stage.member.membership.public_id,
        at=NOON,
    )

    assert not _may(front, stage.member, "view", row)
