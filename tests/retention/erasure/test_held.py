"""Somebody under a hold is erased: the rest goes now, the held part after its release.

The whole engine works: requests, holds, two people for a release, sweeps with their
receipts, keys that die, the log. At each step state, page and log say how it stands.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.erasure import services as log_erasure
from audit.erasure.models import AuditErasure
from audit.log import sequencer
from kit import clock, vault
from retention.erasure import services
from retention.erasure.models import Erasure, ErasureState
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.holds.services.requesting import SecondPersonIsMissing
from retention.receipts.models import Receipt
from retention.sweeps import services as sweeps
from retention.sweeps.models import Sweep
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation
from workspaces.members.models import Membership
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard

UNDO_IS_OVER = NOON + timedelta(days=8)
IN_GRACE = UNDO_IS_OVER + timedelta(days=3)
GRACE_IS_OVER = UNDO_IS_OVER + timedelta(days=7, minutes=10)
LATER = GRACE_IS_OVER + timedelta(days=1)
MUCH_LATER = LATER + timedelta(days=7, minutes=10)
URL = "/w/halden-engineering/erasures/"


@pytest.fixture(autouse=True)
def grace(settings: Any) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7


@pytest.fixture
def held(stage: Stage) -> Conversation:
    """One of two conversations of Lena's, which a hold will name."""
    simple.memory(stage, stage.other)
    stage.conversation(stage.other, age=3)
    return stage.conversation(stage.other, age=3)


def hold_on(stage: Stage, row: Conversation, *, at: datetime = NOON) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        conversation_ids=[row.pk],
        at=at,
    )


def release(stage: Stage, hold: Hold, *, at: datetime) -> None:
    """One person asks, another one confirms."""
    asked = holds.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason="settled",
        at=at,
    )
    with pytest.raises(SecondPersonIsMissing):
        holds.confirm_release(
            actor=stage.officer.actor, workspace=stage.workspace, asked=asked, at=at
        )
    holds.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=at
    )


def ask(stage: Stage) -> Erasure:
    """An owner has Lena, who was removed, erased with all that names her."""
    offboard(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=stage.other.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    with stage.scope():
        member = Membership.objects.get(pk=stage.other.membership.pk)
    return services.request_of_leaver(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=member,
        reason="By letter",
        from_log=True,
        at=NOON,
    )


def work(stage: Stage, *, at: datetime) -> None:
    """What workers do between two looks: a sweep, its keys, the erasure, the log."""
    services.work_due(at=at)
    stage.sweep(at=at)
    sweeps.destroy_doomed(at=at)
    services.work_due(at=at + services.LOOK_AGAIN)
    sequencer.run(at=at)
    log_erasure.work_due(at=at + services.LOOK_AGAIN)


def now(stage: Stage, row: Erasure) -> Erasure:
    with stage.scope():
        return Erasure.objects.get(pk=row.pk)


def page(stage: Stage, row: Erasure, *, at: datetime) -> str:
    with clock.fixed_at(at):
        shown = cast.owner(stage.workspace).client().get(f"{URL}{row.public_id}/")
    assert shown.status_code == 200
    return shown.content.decode()


def is_readable(row: Conversation) -> bool:
    return row.key_id in vault.read_keys([row.key_id])


def in_log(stage: Stage) -> AuditErasure | None:
    with stage.scope():
        return AuditErasure.objects.first()


def test_the_held_part_goes_by_itself_and_every_step_says_how_it_stands(
    stage: Stage, held: Conversation, entries: Any
) -> None:
    hold = hold_on(stage, held)
    asked = ask(stage)

    services.work_due(at=NOON)
    assert now(stage, asked).state == ErasureState.PURGING
    assert "Everything is hidden" in page(stage, asked, at=NOON)
    assert "once nothing is stored any more" in page(stage, asked, at=NOON)

    work(stage, at=UNDO_IS_OVER)
    assert stage.stored() == {held.public_id}
    assert now(stage, asked).state == ErasureState.HELD
    assert "once its holds are released" in page(stage, asked, at=UNDO_IS_OVER)
    with stage.scope():
        assert Conversation.objects.get(pk=held.pk).deleted_at == NOON

    release(stage, hold, at=UNDO_IS_OVER)
    work(stage, at=IN_GRACE)
    assert stage.stored() == {held.public_id}
    assert is_readable(held)
    assert now(stage, asked).state == ErasureState.HELD
    shown = page(stage, asked, at=IN_GRACE)
    assert "stays protected until" in shown
    assert "17 Mar 2026" in shown
    assert in_log(stage) is None

    work(stage, at=GRACE_IS_OVER)
    assert stage.stored() == set()
    assert not is_readable(held)
    assert now(stage, asked).state == ErasureState.DONE
    ended = in_log(stage)
    assert ended is not None
    assert ended.state == "done"
    shown = page(stage, asked, at=GRACE_IS_OVER + timedelta(hours=1))
    assert "Erased from the audit log and the portal." in shown
    assert "okafor" not in shown.casefold()
    _is_recorded(stage, held, entries)


def _is_recorded(stage: Stage, held: Conversation, entries: Any) -> None:
    acts = ("requested", "held", "completed")
    assert [len(entries(stage, f"retention.erasure.{act}")) for act in acts] == [1] * 3
    assert len(entries(stage, "audit.erasure.completed")) == 1
    purged = entries(stage, "retention.conversation.purged")
    assert len(purged) == 2
    assert str(held.public_id) == purged[-1]["target_id"]
    with stage.scope():
        took = list(Sweep.objects.filter(purged_n__gt=0).values_list("pk", flat=True))
        assert len(took) == 2
        assert Receipt.objects.filter(sweep_id__in=took).count() == 2


def test_a_hold_that_comes_between_request_and_work_keeps_what_it_names(
    stage: Stage, held: Conversation
) -> None:
    asked = ask(stage)
    hold = hold_on(stage, held)

    work(stage, at=NOON)
    assert now(stage, asked).state == ErasureState.PURGING
    with stage.scope():
        assert Conversation.objects.get(pk=held.pk).deleted_at == NOON
    work(stage, at=UNDO_IS_OVER)
    assert stage.stored() == {held.public_id}
    assert now(stage, asked).state == ErasureState.HELD

    release(stage, hold, at=UNDO_IS_OVER)
    work(stage, at=GRACE_IS_OVER)
    assert stage.stored() == set()
    assert now(stage, asked).state == ErasureState.DONE


def test_a_hold_that_comes_after_everything_was_hidden_keeps_what_it_names(
    stage: Stage, held: Conversation
) -> None:
    asked = ask(stage)
    services.work_due(at=NOON)
    hold_on(stage, held, at=NOON + timedelta(days=1))

    work(stage, at=UNDO_IS_OVER)

    assert stage.stored() == {held.public_id}
    assert now(stage, asked).state == ErasureState.HELD


@pytest.mark.parametrize("placed_at", [IN_GRACE, GRACE_IS_OVER])
def test_a_hold_that_comes_after_the_release_keeps_it_again(
    stage: Stage, held: Conversation, placed_at: datetime
) -> None:
    first = hold_on(stage, held)
    asked = ask(stage)
    work(stage, at=NOON)
    work(stage, at=UNDO_IS_OVER)
    release(stage, first, at=UNDO_IS_OVER)
    second = hold_on(stage, held, at=placed_at)

    work(stage, at=GRACE_IS_OVER)
    assert stage.stored() == {held.public_id}
    assert now(stage, asked).state == ErasureState.HELD
    assert "once its holds are released" in page(stage, asked, at=GRACE_IS_OVER)

    release(stage, second, at=LATER)
    work(stage, at=MUCH_LATER)
    assert stage.stored() == set()
    assert now(stage, asked).state == ErasureState.DONE


def test_a_hold_on_the_person_that_comes_at_the_end_keeps_them_and_says_so(
    stage: Stage, held: Conversation
) -> None:
    asked = ask(stage)
    work(stage, at=NOON)
    stage.sweep(at=UNDO_IS_OVER)
    hold = holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        membership_ids=[stage.other.membership.pk],
        at=UNDO_IS_OVER,
    )

    work(stage, at=UNDO_IS_OVER)
    assert now(stage, asked).state == ErasureState.DONE
    waits = in_log(stage)
    assert waits is not None
    assert waits.state == "held"
    assert "A legal hold is over this person" in page(stage, asked, at=UNDO_IS_OVER)
    assert stage.other.user.email in page(stage, asked, at=UNDO_IS_OVER)

    release(stage, hold, at=UNDO_IS_OVER)
    work(stage, at=GRACE_IS_OVER)
    ended = in_log(stage)
    assert ended is not None
    assert ended.state == "done"
    assert "Erased from the audit log" in page(stage, asked, at=GRACE_IS_OVER)


def test_who_asked_themselves_reads_when_the_rest_is_free(
    stage: Stage, held: Conversation
) -> None:
    hold = hold_on(stage, held)
    asked = services.request_own(
        actor=stage.other.actor, workspace=stage.workspace, at=NOON
    )
    work(stage, at=NOON)
    work(stage, at=UNDO_IS_OVER)
    release(stage, hold, at=UNDO_IS_OVER)

    with clock.fixed_at(IN_GRACE):
        mine = stage.other.client().get("/me/erasure/").content.decode()

    assert now(stage, asked).state == ErasureState.HELD
    assert "stays protected until" in mine
