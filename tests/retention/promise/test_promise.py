"""The promise as a service level: what page, log, mails and watch say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kit import evidence
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.holds.models import HoldScope
from retention.promise import adapters, selectors, services, showing
from retention.promise.models import PromiseStanding
from retention.promise.rules import Stage
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage as Theatre
from tests.retention.conftest import days_ago
from workspaces.members import selectors as members
from workspaces.notices.models import Notice

URL = "/w/halden-engineering/promise/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock that pages read."""

    def turned(at: datetime) -> None:
        monkeypatch.setattr("kit.clock.now", lambda: at)

    turned(NOON)
    return turned


def deleted(stage: Theatre, *, at: datetime) -> None:
    row = stage.conversation(age=100)
    deletions.mark_deleted(
        actor=stage.member.actor,
        workspace=stage.workspace,
        conversations=[row],
        at=at,
    )


def standing(stage: Theatre, *, at: datetime = NOON) -> selectors.Standing:
    with stage.scope():
        return selectors.standing(workspace=stage.workspace, at=at)


def page(stage: Theatre) -> str:
    answer = stage.officer.client().get(URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_anything_is_deleted_the_page_teaches(
    stage: Theatre, turn: Callable[[datetime], None]
) -> None:
    assert "Nothing was deleted yet" in page(stage)


def test_an_empty_month_is_a_sentence_and_no_empty_chart(
    stage: Theatre, turn: Callable[[datetime], None]
) -> None:
    deleted(stage, at=days_ago(8))
    stage.sweep()
    empty = page(stage)

    deleted(stage, at=NOON)
    waits = page(stage)

    assert "Nothing comes due in the next 30 days" in empty
    assert "forecast-title" not in empty
    assert "1 object comes due in 30 days" in waits
    assert "forecast-title" in waits


def test_a_measured_rate_is_told_also_while_nothing_comes_due(stage: Theatre) -> None:
    measured = replace(standing(stage), purged=200, per_second=40.0)

    assert showing.rate(measured) == "Sweeps purged 40 a second when they ran."
    assert showing.figures(measured, now=NOON)[2]["fact"] == "nothing waits"


def test_without_a_worker_it_turns_red_at_the_predicted_minute(
    stage: Theatre, turn: Callable[[datetime], None]
) -> None:
    deleted(stage, at=NOON)
    due_at = standing(stage).due_at
    assert due_at == NOON + timedelta(days=30)

    turn(NOON + timedelta(days=20) - MINUTE)
    assert "The 30-day promise is kept" in page(stage)
    turn(NOON + timedelta(days=20))
    assert "Alarm: something has waited 20 days" in page(stage)
    turn(due_at)
    assert "Alarm: something has waited 20 days" in page(stage)
    turn(due_at + MINUTE)
    broken = page(stage)
    assert "The 30-day promise is broken" in broken
    assert "The oldest had to be gone by" in broken
    assert "1 of 1 were late, or still are" in broken
    found = standing(stage, at=due_at + MINUTE)
    assert (found.overdue, found.stage) == (1, Stage.OVERDUE)


def test_what_a_policy_expired_is_predicted_too(stage: Theatre) -> None:
    stage.set_policy(30, undo=7)
    stage.conversation(age=40)

    found = standing(stage)

    assert found.due_at == days_ago(40) + timedelta(days=60)
    assert [(day.number, day.due) for day in found.forecast if day.due] == [(19, 1)]


def test_a_hold_stops_the_clock_and_its_release_starts_it_anew(stage: Theatre) -> None:
    deleted(stage, at=days_ago(50))
    hold = holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Harbor",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(60),
    )
    held = standing(stage)
    assert (held.waiting, held.overdue, held.stage) == (0, 0, Stage.KEPT)

    _released(stage, hold.pk, at=days_ago(9), grace_days=7)

    found = standing(stage)
    assert (found.waiting, found.overdue, found.stage) == (1, 0, Stage.KEPT)
    assert found.due_at == days_ago(9) + timedelta(days=30)
    late = standing(stage, at=NOON + timedelta(days=21) + MINUTE)
    assert (late.overdue, late.stage) == (1, Stage.OVERDUE)


def _released(stage: Theatre, hold_id: int, *, at: datetime, grace_days: int) -> None:
    until = at + timedelta(days=grace_days)
    with stage.scope():
        holds_scopes(hold_id).update(released_at=at, release_grace_until=until)


def holds_scopes(hold_id: int) -> Any:

    return HoldScope.objects.filter(hold_id=hold_id)


def test_what_was_swept_late_lowers_the_share(
    stage: Theatre, turn: Callable[[datetime], None]
) -> None:
    deleted(stage, at=days_ago(8))
    deleted(stage, at=days_ago(9))
    deleted(stage, at=days_ago(10))
    deleted(stage, at=days_ago(31))

    sweep = stage.sweep()

    assert (sweep.purged_n, sweep.late_n) == (4, 1)
    found = standing(stage)
    assert (found.purged, found.late, found.on_time) == (4, 1, 0.75)
    assert found.per_second is not None
    assert "75.00 %" in page(stage)


def test_each_stage_is_recorded_and_mailed_once(
    stage: Theatre, entries: Callable[..., list[dict[str, Any]]]
) -> None:
    deleted(stage, at=NOON)

    for days in (1, 20, 20.1, 21, 30.1, 30.2, 31.1):
        services.watch_all(at=NOON + timedelta(days=days))

    assert len(entries(stage, "retention.promise.alarmed")) == 1
    overdue = entries(stage, "retention.promise.overdue")
    assert [one["counts"]["overdue"] for one in overdue] == [1, 1]  # once a day
    with stage.scope():
        subjects = list(
            Notice.objects.filter(kind="promise")
            .order_by("id")
            .values_list("subject", flat=True)
        )
    assert len(subjects) == 2 * len(_owners(stage))
    assert "20 days" in subjects[0]
    assert "broken" in subjects[-1]


def _owners(stage: Theatre) -> list[Any]:

    with stage.scope():
        return members.organization_owners()


def test_the_evidence_of_the_promise_is_what_the_watch_saw(stage: Theatre) -> None:
    deleted(stage, at=NOON)
    services.watch_all(at=NOON)

    assert adapters.gone_within_thirty_days(NOON).holds
    later = NOON + timedelta(days=30) + MINUTE
    assert not adapters.gone_within_thirty_days(later).holds
    assert "deletion" in {one.promise for one in evidence.collect(at=NOON)}


def test_owners_of_the_organization_see_each_workspace(
    stage: Theatre, turn: Callable[[datetime], None]
) -> None:
    deleted(stage, at=days_ago(31))

    answer = stage.owner.client().get("/o/halden-instruments/promise/")

    text = answer.content.decode()
    assert "Halden Engineering" in text
    assert "Broken" in text


def test_members_and_strangers_stay_out(stage: Theatre) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    assert stage.member.client().get(URL).status_code == 403
    assert stranger.client().get(URL).status_code == 404


def test_a_standing_is_of_a_known_stage_and_overdue_items_wait(stage: Theatre) -> None:
    services.watch_all(at=NOON)
    with stage.scope():
        for broken in ({"stage": "fine"}, {"overdue_n": 5, "waiting_n": 1}):
            with pytest.raises(IntegrityError), transaction.atomic():
                PromiseStanding.objects.update(**broken)
