"""A sweep purges what it planned, records it, destroys keys and files, and signs."""

from datetime import timedelta

import pytest
from django.db import connections, transaction

from audit.log import sequencer
from audit.log.tree import leaf_hash
from kit import vault
from retention.receipts import documents
from retention.receipts import selectors as receipts
from retention.sweeps import services
from retention.sweeps.models import Doom, SweepState
from retention.sweeps.services import Outcome, SweepIsRunning
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago


def test_expired_conversations_are_purged_and_others_stay(stage: Stage):
    stage.set_policy(90)
    old, young = stage.conversation(age=91), stage.conversation(age=89)

    sweep = stage.sweep()

    assert sweep.state == SweepState.CLOSED
    assert (sweep.planned_n, sweep.purged_n, sweep.held_n) == (1, 1, 0)
    assert stage.stored() == {young.public_id}
    assert vault.read_keys([old.key_id]) == {}
    assert young.key_id in vault.read_keys([young.key_id])


def test_every_purge_is_recorded_once_with_its_policy(stage: Stage, entries):
    stage.set_policy(90)
    purged = {stage.conversation(age=100).public_id for _ in range(3)}

    sweep = stage.sweep()

    leaves = entries(stage, "retention.conversation.purged")
    assert sorted(leaf["target_id"] for leaf in leaves) == sorted(map(str, purged))
    assert {leaf["policy"] for leaf in leaves} == {"v1"}
    assert leaves[0]["counts"] == {"bytes": 1000, "files": 1, "messages": 1}
    (planned,) = entries(stage, "retention.sweep.planned")
    assert planned["counts"]["conversations"] == 3
    assert planned["digests"]["plan_root"] == bytes(sweep.plan_root).hex()
    assert entries(stage, "retention.sweep.started")[0]["target_id"] == str(
        sweep.public_id
    )


def test_nothing_goes_before_the_plan_is_under_a_signed_checkpoint(stage: Stage):
    stage.set_policy(90)
    conversation = stage.conversation(age=100)
    sweep = stage.open_sweep()

    for _round in range(3):
        outcome = services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
        assert outcome is Outcome.WAITING
    assert stage.stored() == {conversation.public_id}

    sequencer.run(at=NOON)
    stage.finish(sweep)
    assert stage.stored() == set()


def test_the_receipt_verifies_offline_and_its_hash_is_in_the_log(stage: Stage, entries):
    stage.set_policy(90)
    stage.conversation(age=100)

    sweep = stage.sweep()

    with stage.scope():
        found = receipts.receipt_of(sweep_id=sweep.pk)
        assert found is not None
        signed = receipts.signed(found)
    content = documents.verified(signed.file, vkey=signed.verifier_key)
    assert content["result"]["purged"] == 1
    assert content["result"]["keys_destroyed"] == 1
    assert content["result"]["files_destroyed"] == 1
    assert content["plan"]["root"] == bytes(sweep.plan_root).hex()
    place = content["plan"]["entry"]
    (planned,) = entries(stage, "retention.sweep.planned")
    assert place["id"] == planned["id"]
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(
            "select leaf from audit_entry where organization_id = %s"
            " order by epoch, xid, id offset %s limit 1",
            [stage.workspace.organization.id, place["index"]],
        )
        assert leaf_hash(bytes(cursor.fetchone()[0])).hex() == place["hash"]
    (closed,) = entries(stage, "retention.sweep.closed")
    assert closed["digests"]["receipt"] == signed.digest


def test_undo_keeps_expired_conversations_until_it_has_passed(stage: Stage):
    stage.set_policy(90, undo=7)
    kept, gone = stage.conversation(age=96), stage.conversation(age=97)

    stage.sweep()

    assert stage.stored() == {kept.public_id}
    assert gone.public_id not in stage.stored()


def test_deleted_conversations_go_after_the_plans_own_undo(stage: Stage):
    stage.conversation(age=30, deleted_at=days_ago(7), deleted_by="owner")
    kept = stage.conversation(age=30, deleted_at=days_ago(6), deleted_by="owner")

    stage.sweep()

    assert stage.stored() == {kept.public_id}


def test_temporary_conversations_go_thirty_days_after_creation(stage: Stage):
    stage.set_policy(365)
    stage.conversation(age=1, is_temporary=True, created_at=days_ago(30))
    kept = stage.conversation(age=1, is_temporary=True, created_at=days_ago(29))

    stage.sweep()

    assert stage.stored() == {kept.public_id}


def test_a_second_sweep_of_a_workspace_is_refused_while_one_runs(stage: Stage):
    stage.open_sweep()

    with pytest.raises(SweepIsRunning):
        stage.open_sweep()


def test_a_sweep_with_nothing_due_closes_with_a_receipt(stage: Stage):
    sweep = stage.sweep()

    assert (sweep.state, sweep.planned_n, sweep.purged_n) == ("closed", 0, 0)
    with stage.scope():
        assert receipts.receipt_of(sweep_id=sweep.pk) is not None


def test_a_policy_lengthened_between_plan_and_batch_saves_the_items(stage: Stage):
    stage.set_policy(90)
    conversation = stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)

    # Set on a machine whose clock is ahead of the sweeper's.
    stage.set_policy(365, at=NOON + timedelta(seconds=30))
    sweep = stage.finish(sweep)

    assert stage.stored() == {conversation.public_id}
    assert (sweep.planned_n, sweep.purged_n, sweep.skipped_n) == (1, 0, 1)


def test_a_locked_conversation_is_left_for_the_next_sweep(stage: Stage):
    stage.set_policy(90)
    locked, free = stage.conversation(age=100), stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "select from workspaces_conversation where id = %s for update", [locked.pk]
        )
        for _round in range(6):
            services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sweep = stage.finish(sweep)

    assert stage.stored() == {locked.public_id}
    assert (sweep.planned_n, sweep.purged_n, sweep.failed_n) == (2, 1, 1)
    assert free.public_id not in stage.stored()
    stage.sweep()
    assert stage.stored() == set()


def test_purged_text_is_unreadable_in_a_copy_of_the_rows(stage: Stage):
    from workspaces.content.storage import Seals

    stage.set_policy(90)
    row = stage.conversation(age=100)
    with stage.scope():
        copy = type(row).objects.values("title", "key_id", "public_id").get(pk=row.pk)
    key = vault.read_keys([copy["key_id"]])[copy["key_id"]]
    seals = Seals(
        key, workspace=stage.workspace.public_id, conversation=copy["public_id"]
    )
    assert seals.open_title(copy["title"])

    stage.sweep()

    assert vault.read_keys([copy["key_id"]]) == {}


def test_doom_rows_stay_as_tombstones(stage: Stage):
    stage.set_policy(90)
    row = stage.conversation(age=100)

    stage.sweep()

    with stage.scope():
        doom = Doom.objects.get(kind="key", content_id=row.public_id)
        assert Doom.objects.filter(destroyed_at__isnull=True).count() == 0
    assert (doom.object_id, doom.sort_id) == (row.key_id, row.pk)
    assert doom.sort_activity_at == row.last_activity_at
