"""A purge list against a real sweep: item by item, each drift with its one cause."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from audit.log import sequencer
from retention.drift import selectors, services
from retention.drift.causes import Beside, Cause
from retention.eligibility import scopes
from retention.eligibility.scopes import Scope, ScopeKind
from retention.holds import services as holds
from retention.incidents.models import Incident
from retention.policies.drafts import services as drafts
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.listing import selectors as lists
from retention.policies.listing import services as listing
from retention.policies.listing.models import PurgeList, PurgeListItem
from retention.sweeps import services as sweeps
from retention.sweeps.breaker.models import SweepStop
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago, staged
from workspaces.content.models import Conversation

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def patient(transactional_db: None) -> Stage:
    """A workspace in which a shortening waits for a day."""
    return staged(cast.workspace(), grace_hours=24)


def schedule(stage: Stage, *, undo_days: int = 0) -> PolicyDraft:
    return drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=45, undo_days=undo_days),
        at=NOON,
    )


def kept(stage: Stage, draft: PolicyDraft) -> PurgeList:
    with stage.scope():
        found = lists.newest_of(draft=draft)
    assert found is not None
    return found


def causes(stage: Stage, draft: PolicyDraft, *, at: datetime) -> dict[int, str]:
    found = kept(stage, draft)
    with stage.scope():
        page = selectors.page(
            found, workspace=stage.workspace, causes=None, after="", at=at
        )
    assert page.next is None
    return {item.id: item.cause for item in page.rows}


def beside(stage: Stage, draft: PolicyDraft) -> dict[int, str]:
    with stage.scope():
        page = selectors.beside(kept(stage, draft), workspace=stage.workspace, after="")
    assert page is not None
    return {item.id: item.cause for item in page.rows}


def counted(stage: Stage, draft: PolicyDraft, *, at: datetime) -> dict[str, int]:
    with stage.scope():
        return selectors.counts(kept(stage, draft), workspace=stage.workspace, at=at)


def change(row: Any, **columns: Any) -> None:
    """Writes to a row as if somebody had, past every door."""
    with connections["owner"].cursor() as cursor:
        sets = ", ".join(f"{name} = %s" for name in columns)
        cursor.execute(
            f"update workspaces_conversation set {sets} where id = %s",
            [*columns.values(), row.pk],
        )


def remove(table: str, column: str, value: int) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"delete from {table} where {column} = %s", [value])


def hold(stage: Stage, *rows: Any, at: datetime = NOON) -> Any:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="One",
        conversation_ids=[row.pk for row in rows],
        at=at,
    )


def _sweep_past(stage: Stage, locked: Any, *, at: datetime) -> None:
    """A sweep whose batches find one row locked by somebody."""
    sweep = stage.open_sweep(at=at)
    sweeps.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: at)
    sequencer.run(at=at)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "select from workspaces_conversation where id = %s for update", [locked.pk]
        )
        for _round in range(6):
            sweeps.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: at)
    stage.finish(sweep, at=at)


def test_items_go_as_listed_or_stay_with_their_cause(patient: Stage) -> None:
    project = simple.project(patient)
    keeps = Scope(ScopeKind.PROJECT, project.pk)
    patient.set_policy(400, scope=keeps, at=days_ago(1))
    plain, active, held, locked, moved = (
        patient.conversation(age=50) for _n in range(5)
    )
    came_out = patient.conversation(age=50, project_id=project.pk)
    restored = patient.conversation(age=5, deleted_at=days_ago(10), deleted_by="owner")
    due_since = patient.conversation(age=43.9)
    temporary = patient.conversation(created_at=days_ago(50), is_temporary=True)
    by_hold = patient.conversation(age=50)
    hold(patient, by_hold)
    draft = schedule(patient)
    expected = {
        one.pk: Cause.TO_COME
        for one in (plain, active, held, locked, moved, restored, temporary)
    }

    assert causes(patient, draft, at=NOON) == {**expected, by_hold.pk: Cause.KEPT}

    change(plain, deleted_at=NOON, deleted_by="owner")
    deleted = {**expected, by_hold.pk: Cause.KEPT, plain.pk: Cause.DELETED}
    assert causes(patient, draft, at=NOON + HOUR) == deleted

    change(active, last_activity_at=NOON)
    change(moved, project_id=project.pk)
    change(came_out, project_id=None)
    change(restored, deleted_at=None, deleted_by=None)
    stored = patient.conversation(age=100)
    hold(patient, held)
    early = patient.sweep(at=NOON + HOUR)
    drafts.force_due(at=NOON + DAY)
    now = NOON + DAY + 6 * HOUR
    stay = {
        active.pk: Cause.ACTIVITY,
        moved.pk: Cause.MOVED,
        restored.pk: Cause.RESTORED,
        held.pk: Cause.HELD,
        by_hold.pk: Cause.KEPT,
        temporary.pk: Cause.EARLIER,
    }
    due = {plain.pk: Cause.WAITING, locked.pk: Cause.WAITING}
    assert causes(patient, draft, at=now) == {**stay, **due}
    with patient.scope():
        stop = SweepStop.objects.create(
            workspace_id=patient.workspace.id,
            sweep_id=early.pk,
            cause="share",
            planned_n=1,
            announced_n=0,
            stored_n=1,
            stopped_at=now,
        )
    stopped = dict.fromkeys(due, Cause.STOPPED)
    assert causes(patient, draft, at=now) == {**stay, **stopped}
    remove("retention_sweepstop", "id", stop.pk)

    _sweep_past(patient, locked, at=now)
    sequencer.run(at=now)

    assert causes(patient, draft, at=now) == {
        **stay,
        plain.pk: Cause.PURGED,
        locked.pk: Cause.IN_USE,
    }
    assert beside(patient, draft) == {
        came_out.pk: Beside.MOVED,
        due_since.pk: Beside.DUE_SINCE,
        stored.pk: Beside.STORED,
    }
    everything = counted(patient, draft, at=now)
    assert everything == {
        "purged": 1,
        "in_use": 1,
        "activity": 1,
        "moved": 1,
        "restored": 1,
        "held": 1,
        "kept": 1,
        "earlier": 1,
        "beside_moved": 1,
        "beside_due_since": 1,
        "beside_stored": 1,
    }
    assert services.settle(at=now) == 1
    assert services.settle(at=now + 2 * HOUR) == 0
    assert kept(patient, draft).outcome == {**everything, "alarm": 0}


def test_a_long_undo_window_leaves_time_for_more(patient: Stage) -> None:
    holds.set_grace(
        actor=patient.officer.actor, workspace=patient.workspace, days=1, at=NOON
    )
    plain, deleted = (patient.conversation(age=50) for _n in range(2))
    was_deleted = patient.conversation(
        age=50, deleted_at=days_ago(1), deleted_by="owner"
    )
    of_other = patient.conversation(patient.other, age=50)
    of_officer = patient.conversation(patient.officer, age=20)
    fresh = patient.conversation(age=5)
    by_hold = patient.conversation(age=50)
    placed = hold(patient, by_hold)
    draft = schedule(patient, undo_days=20)
    change(deleted, deleted_at=NOON, deleted_by="owner")
    holds.release(
        actor=cast.OPERATOR,
        workspace=patient.workspace,
        hold=placed,
        reason="settled",
        override=True,
        at=NOON,
    )
    patient.set_policy(
        400,
        scope=scopes.member(patient.other.membership.pk),
        at=NOON + HOUR,
    )
    drafts.force_due(at=NOON + DAY)
    patient.sweep(at=NOON + 8 * DAY)
    patient.set_policy(
        10,
        scope=scopes.member(patient.officer.membership.pk),
        override=True,
        reason="as agreed",
        at=NOON + 9 * DAY,
    )
    change(fresh, deleted_at=NOON + 2 * DAY, deleted_by="owner")
    stored = patient.conversation(age=100)
    now = NOON + 21 * DAY + HOUR

    patient.sweep(at=now)
    sequencer.run(at=now)

    assert causes(patient, draft, at=now) == {
        plain.pk: Cause.PURGED,
        deleted.pk: Cause.DELETED,
        was_deleted.pk: Cause.EARLIER,
        of_other.pk: Cause.POLICY,
        by_hold.pk: Cause.RELEASED,
    }
    assert beside(patient, draft) == {
        fresh.pk: Beside.DELETED,
        stored.pk: Beside.STORED,
        of_officer.pk: Beside.POLICY,
    }


@pytest.mark.parametrize("grace_days", [0, 1])
def test_what_a_hold_kept_from_the_sweep_and_is_released_since_waits_for_the_next(
    patient: Stage, settings: Any, grace_days: int
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = grace_days
    by_hold, held_since = (patient.conversation(age=50) for _n in range(2))
    placed = [hold(patient, by_hold)]
    draft = schedule(patient)
    placed.append(hold(patient, held_since))
    drafts.force_due(at=NOON + DAY)
    patient.sweep(at=NOON + DAY)
    for one in placed:
        holds.release(
            actor=cast.OPERATOR,
            workspace=patient.workspace,
            hold=one,
            reason="settled",
            override=True,
            at=NOON + DAY + HOUR,
        )
    now = NOON + DAY + 2 * HOUR + grace_days * DAY

    assert causes(patient, draft, at=now) == {
        by_hold.pk: Cause.RELEASED,
        held_since.pk: Cause.WAITING,
    }
    services.settle(at=now)
    assert kept(patient, draft).outcome["alarm"] == 0


def test_what_nothing_explains_is_an_incident(patient: Stage, entries) -> None:
    plain, lost, unlisted = (patient.conversation(age=50) for _n in range(3))
    draft = schedule(patient)
    with transaction.atomic(using="owner"):
        remove("retention_purgelistitem", "object_id", unlisted.pk)
        remove("workspaces_conversation", "id", lost.pk)
    drafts.force_due(at=NOON + DAY)
    patient.sweep(at=NOON + DAY)
    sequencer.run(at=NOON + DAY)

    assert services.settle(at=NOON + DAY) == 1

    assert causes(patient, draft, at=NOON + DAY) == {
        plain.pk: Cause.PURGED,
        lost.pk: Cause.UNEXPLAINED,
    }
    assert beside(patient, draft) == {unlisted.pk: Beside.UNEXPLAINED}
    assert kept(patient, draft).outcome["alarm"] == 2
    with patient.scope():
        (incident,) = Incident.objects.all()
    assert (incident.kind, incident.found_n) == ("drift", 2)
    assert incident.subject == str(draft.public_id)
    (leaf,) = entries(patient, "retention.purge-list.settled")
    assert leaf["outcome"] == "error"


def test_a_cancelled_draft_explains_what_stays(patient: Stage) -> None:
    row = patient.conversation(age=50)
    draft = schedule(patient)

    drafts.cancel(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        draft=draft.public_id,
        at=NOON,
    )

    assert causes(patient, draft, at=NOON) == {row.pk: Cause.POLICY}


def test_a_list_goes_ninety_days_after_its_first_sweep(patient: Stage, entries) -> None:
    patient.conversation(age=50)
    draft = schedule(patient)
    end = NOON + DAY + listing.KEPT_DAYS * DAY

    assert listing.forget_old(at=end - HOUR) == 0
    assert listing.forget_old(at=end) == 1

    with patient.scope():
        assert lists.newest_of(draft=draft) is None
        assert not PurgeListItem.objects.exists()
        assert Conversation.objects.count() == 1
    assert entries(patient, "retention.purge-list.removed")


def test_a_large_list_is_written_by_a_worker(
    patient: Stage, entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_AT_ONCE", 1)
    for _n in range(2):
        patient.conversation(age=50)
    draft = schedule(patient)
    assert kept(patient, draft).listed_at is None

    assert listing.write_pending(at=NOON + HOUR) == 1
    assert listing.write_pending(at=NOON + HOUR) == 0

    found = kept(patient, draft)
    assert found.listed_n == 2
    (leaf,) = entries(patient, "retention.purge-list.written")
    assert leaf["digests"]["purge_list"] == bytes(found.digest).hex()
