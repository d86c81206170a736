"""Deletions: how old what waits is, counted by the rule of the sweep."""

from datetime import timedelta

import pytest

from retention.deletions import selectors
from retention.deletions.selectors import Waiting
from retention.eligibility import scopes
from retention.holds import services as holds
from retention.policies.services import set_policy
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago

URL = "/w/halden-engineering/deletions/"


def _waiting(stage: Stage) -> Waiting:
    with stage.scope():
        return selectors.waiting(workspace=stage.workspace, at=NOON)


def _deleted(stage: Stage, days: float) -> None:
    stage.conversation(age=days + 1, deleted_at=days_ago(days), deleted_by="owner")


def test_what_was_deleted_counts_by_the_days_since(stage: Stage) -> None:
    for days in (0.5, 2.5, 2.9, 8):
        _deleted(stage, days)
    stage.conversation(age=1)

    found = _waiting(stage)

    assert found.by_day == (1, 0, 2, 0, 0, 0, 0, 0, 1)
    assert (found.deleted, found.expired, found.due.conversations) == (4, 0, 1)
    assert found.oldest_at == days_ago(8)


def test_what_expired_counts_from_the_day_it_expired(stage: Stage) -> None:
    stage.set_policy(90, undo=7)
    stage.conversation(age=95.5)
    stage.conversation(age=89)

    found = _waiting(stage)

    assert found.by_day == (0, 0, 0, 0, 0, 1)
    assert found.oldest_at == days_ago(5.5)


def test_a_backlog_counts_from_the_day_the_policy_took_force(stage: Stage) -> None:
    stage.set_policy(90, undo=7, at=days_ago(3))
    stage.conversation(age=300)

    found = _waiting(stage)

    assert found.by_day == (0, 0, 0, 1)
    assert found.oldest_at == days_ago(3)


def test_temporary_ones_count_from_their_thirty_days(stage: Stage) -> None:
    stage.conversation(age=32, is_temporary=True)

    found = _waiting(stage)

    assert (found.by_day, found.oldest_at) == ((0, 0, 1), days_ago(2))


def test_held_ones_are_counted_apart(stage: Stage) -> None:
    _deleted(stage, 40)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )

    found = _waiting(stage)

    assert (found.by_day, found.held, found.oldest_at) == ((), 1, None)
    assert found.due.held == 1


def test_on_team_each_members_own_policy_counts(team: Stage) -> None:
    set_policy(
        actor=team.member.actor,
        workspace=team.workspace,
        days=30,
        scope=scopes.member(team.member.membership.pk),
        at=days_ago(100),
    )
    team.conversation(age=34.5)
    team.conversation(owner=team.other, age=34.5)

    found = _waiting(team)

    assert found.by_day == (0, 0, 0, 0, 1)


def test_what_falls_due_later_is_counted_for_that_time(stage: Stage) -> None:
    _deleted(stage, 6.5)

    with stage.scope():
        now = selectors.due(workspace=stage.workspace, at=NOON)
        soon = selectors.due(workspace=stage.workspace, at=NOON + timedelta(days=1))

    assert (now.conversations, soon.conversations) == (0, 1)


def test_the_page_opens_with_the_verdict(stage: Stage) -> None:
    _deleted(stage, 3)

    page = stage.owner.client().get(URL).content.decode()

    assert "Every deletion is within its 30 days" in page
    assert "The oldest has waited 3 d" in page


def test_a_broken_promise_is_said_first(stage: Stage) -> None:
    _deleted(stage, 31)

    page = stage.owner.client().get(URL).content.decode()
    overview = stage.owner.client().get("/w/halden-engineering/").content.decode()

    assert "The 30-day promise is broken" in page
    assert "<h1>The 30-day promise is broken</h1>" in overview


def test_nothing_waits_is_a_page_of_its_own(stage: Stage) -> None:
    page = stage.owner.client().get(URL).content.decode()

    assert "Nothing waits for its purge" in page


def test_on_team_counts_alone_are_shown(team: Stage) -> None:
    _deleted(team, 3)

    page = team.owner.client().get(URL).content.decode()

    assert "Deleted by their owners" in page
    assert "Deleted conversations" not in page


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("stranger", 404)])
def test_others_are_kept_out(stage: Stage, who: str, status: int) -> None:
    person = stage.member if who == "member" else cast.owner(cast.elsewhere())

    assert person.client().get(URL).status_code == status
