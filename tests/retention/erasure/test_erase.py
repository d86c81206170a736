"""Erasing what a member stored: the rest now, the held part after its release."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from kit.permissions import PermissionDenied
from retention.erasure import selectors, services
from retention.erasure.models import Erasure, ErasureState
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation
from workspaces.members.models import Membership


def _ask(stage: Stage) -> Erasure:
    return services.request_own(
        actor=stage.member.actor, workspace=stage.workspace, at=NOON
    )


def _now(stage: Stage, row: Erasure) -> Erasure:
    with stage.scope():
        return Erasure.objects.get(pk=row.pk)


def _hold(stage: Stage, row: Conversation) -> Any:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        conversation_ids=[row.pk],
        at=NOON,
    )


def _release(stage: Stage, hold: Any, at: Any) -> None:
    asked = holds.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason="settled",
        at=at,
    )
    holds.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=at
    )


def test_the_rest_goes_now_and_the_held_part_by_itself_after_its_release(
    stage: Stage, entries: Any, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    held, free = stage.conversation(age=3), stage.conversation(age=3)
    simple.memory(stage)
    theirs = stage.conversation(stage.other, age=3)
    hold = _hold(stage, held)
    asked = _ask(stage)

    services.work_due(at=NOON)
    assert _now(stage, asked).state == ErasureState.PURGING
    after_undo = NOON + timedelta(days=8)
    stage.sweep(at=after_undo)
    services.work_due(at=after_undo)

    assert _now(stage, asked).state == ErasureState.HELD
    assert stage.stored() == {held.public_id, theirs.public_id}
    with stage.scope():
        assert Conversation.objects.get(pk=held.pk).deleted_at == NOON

    _release(stage, hold, at=after_undo)
    after_grace = after_undo + timedelta(days=7, minutes=10)
    stage.sweep(at=after_grace)
    services.work_due(at=after_grace)

    ended = _now(stage, asked)
    assert (ended.state, ended.ended_at) == (ErasureState.DONE, after_grace)
    assert stage.stored() == {theirs.public_id}
    acts = ("requested", "held", "completed")
    assert [len(entries(stage, f"retention.erasure.{act}")) for act in acts] == [
        1,
        1,
        1,
    ]
    (completed,) = entries(stage, "retention.erasure.completed")
    assert completed["counts"] == {"held": 0, "stored": 0}
    assert free.public_id not in stage.stored()


def test_it_runs_in_bounded_steps_and_twice_does_no_harm(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 2)
    for _row in range(5):
        stage.conversation(age=1)
    asked = _ask(stage)

    services.work_due(at=NOON)
    services.work_due(at=NOON)

    with stage.scope():
        assert Conversation.objects.filter(deleted_by="erasure").count() == 5
        (count,) = [one for one in selectors.counts_of(erasure=asked) if one.hidden_n]
    assert (count.kind, count.hidden_n, count.stored_n) == ("conversations", 5, 5)


def test_one_that_fails_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = _ask(stage)
    goes_on = services.request_own(
        actor=stage.officer.actor, workspace=stage.workspace, at=NOON
    )
    original = services._look

    def failing(row: Erasure, *place: Any, **names: Any) -> None:
        if row.pk == fails.pk:
            raise DatabaseError("deadlock")
        original(row, *place, **names)

    monkeypatch.setattr(services, "_look", failing)
    services.work_due(at=NOON)

    assert _now(stage, fails).due_at == NOON  # and so it is seen to be late
    assert _now(stage, goes_on).due_at > NOON


def test_what_is_written_after_the_request_stays(stage: Stage) -> None:
    _ask(stage)
    later = stage.conversation(last_activity_at=NOON + timedelta(hours=1))

    services.work_due(at=NOON + timedelta(hours=2))

    with stage.scope():
        assert Conversation.objects.get(pk=later.pk).deleted_at is None


def test_one_request_at_a_time_and_a_withdrawn_one_ends(stage: Stage) -> None:
    asked = _ask(stage)

    with pytest.raises(services.ErasureIsOpen):
        _ask(stage)
    services.withdraw(
        actor=stage.member.actor, workspace=stage.workspace, erasure=asked, at=NOON
    )
    with pytest.raises(services.ErasureHasEnded):
        services.withdraw(
            actor=stage.member.actor, workspace=stage.workspace, erasure=asked, at=NOON
        )
    services.work_due(at=NOON)

    assert _now(stage, asked).state == ErasureState.WITHDRAWN


def test_an_admin_erases_only_what_a_leaver_stored_and_says_why(stage: Stage) -> None:
    admin = cast.admin(stage.workspace)
    stage.conversation(age=1)
    about = {
        "workspace": stage.workspace,
        "member": stage.member.membership,
        "at": NOON,
    }

    with pytest.raises(services.MemberHasNotLeft):
        services.request_of_leaver(actor=admin.actor, reason="asked", **about)
    with stage.scope():
        Membership.objects.filter(pk=stage.member.membership.pk).update(
            status="removed"
        )
    with pytest.raises(services.ErasureReasonIsMissing):
        services.request_of_leaver(actor=admin.actor, reason=" ", **about)
    with pytest.raises(PermissionDenied):
        services.request_of_leaver(actor=stage.other.actor, reason="asked", **about)
    asked = services.request_of_leaver(actor=admin.actor, reason="By letter", **about)
    services.work_due(at=NOON)

    assert _now(stage, asked).state == ErasureState.PURGING
    with stage.scope():
        assert selectors.reason_of(erasure=asked) == "By letter"
    assert b"letter" not in bytes(asked.reason or b"")


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("erasure_ended_with_its_state", "ended_at = now()"),
        ("erasure_ended_with_its_state", "state = 'done'"),
    ],
)
def test_the_database_ends_a_request_with_its_state(
    stage: Stage, constraint: str, columns: str
) -> None:
    _ask(stage)

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_erasure set {columns}")


def test_the_database_counts_no_more_held_than_stored(stage: Stage) -> None:
    stage.conversation(age=1)
    _ask(stage)
    services.work_due(at=NOON)

    with (
        pytest.raises(IntegrityError, match="erasurecount_holds_what_is_stored"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("update retention_erasurecount set held_n = stored_n + 1")
