"""Workers die, double and dawdle; nothing is lost, doubled or unrecorded."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connections

from audit.log import sequencer
from config.launcher.surroundings import BASE_DIR
from kit import vault
from retention.sweeps import services
from retention.sweeps.models import Doom, Sweep, SweepSlice
from retention.sweeps.services import Outcome, destroying, leasing, planning, purging
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from workspaces.content.models import Conversation

_WORKER = """
import django; django.setup()
from datetime import datetime
from retention.sweeps import services
from retention.sweeps.services import planning
from audit.log import sequencer
from config.launcher.surroundings import BASE_DIR
planning.WINDOW = {window}
at = datetime.fromisoformat("{at}")
for _round in range(10000):
    outcome = services.work(run_id={run}, budget_seconds=60, now=lambda: at)
    if outcome is services.Outcome.CLOSED:
        break
    sequencer.run(at=at)
"""


def worker(run_id: int, *, window: int) -> subprocess.Popen[bytes]:
    code = _WORKER.format(window=window, at=NOON.isoformat(), run=run_id)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )


def left(stage: Stage) -> int:
    with stage.scope():
        return Conversation.objects.count()


def assert_all_accounted_for(stage: Stage, sweep, entries, *, n: int) -> None:
    leaves = entries(stage, "retention.conversation.purged")
    targets = [leaf["target_id"] for leaf in leaves]
    assert len(targets) == len(set(targets)) == sweep.purged_n == n
    with stage.scope():
        dooms = Doom.objects.filter(kind="key")
        assert dooms.count() == n
        assert dooms.filter(destroyed_at__isnull=True).count() == 0
        assert {str(doom.content_id) for doom in dooms} == set(targets)
        for piece in SweepSlice.objects.all():
            assert piece.n == piece.purged + piece.held + piece.skipped + piece.failed
    assert len(entries(stage, "retention.sweep.planned")) == 1
    assert len(entries(stage, "retention.sweep.closed")) == 1


def expire_lease(run_id: int) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_sweeprun set lease_until = clock_timestamp()"
            " where id = %s and lease_until is not null",
            [run_id],
        )
        cursor.execute(
            "update retention_doom set claimed_at = claimed_at - interval '1 hour'"
            " where destroyed_at is null"
        )
        cursor.execute(
            "update retention_sweepslice"
            " set keys_claimed_at = keys_claimed_at - interval '1 hour'"
            " where keys_destroyed_at is null"
        )


@pytest.mark.slow
def test_killed_workers_change_nothing_of_the_outcome(stage: Stage, entries):
    kills, n = 12, 3000
    stage.set_policy(90)
    stage.bulk(n, age=100)
    kept = stage.conversation(age=10)
    sweep = stage.open_sweep()
    cut = 0

    for kill in range(kills):
        process = worker(sweep.run_id, window=5)
        before = left(stage)
        while process.poll() is None and left(stage) == before:
            time.sleep(0.005)
        time.sleep(0.003 * (kill % 11))  # at ever different moments of its work
        process.send_signal(signal.SIGKILL)
        process.wait()
        cut += 1 < left(stage) < before
        expire_lease(sweep.run_id)
    sweep = stage.finish(sweep)

    assert cut >= kills / 2, "most were killed in the middle of the purge"
    assert stage.stored() == {kept.public_id}
    assert_all_accounted_for(stage, sweep, entries, n=n)


def test_any_number_of_workers_share_a_run(stage: Stage, entries, monkeypatch):
    monkeypatch.setattr(planning, "WINDOW", 20)
    stage.set_policy(90)
    stage.bulk(1000, age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    gate = Barrier(3)

    def run() -> None:
        gate.wait()
        try:
            for _round in range(200):
                found = services.work(
                    run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON
                )
                if found is Outcome.CLOSED:
                    return
                time.sleep(0.01)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep = stage.finish(sweep)

    assert_all_accounted_for(stage, sweep, entries, n=1000)


def test_a_driver_that_lost_its_lease_stops(stage: Stage):
    sweep = stage.open_sweep()
    old = leasing.claim(run_id=sweep.run_id, worker="old")
    assert old is not None
    assert leasing.claim(run_id=sweep.run_id, worker="other") is None
    expire_lease(sweep.run_id)
    new = leasing.claim(run_id=sweep.run_id, worker="new")

    assert new is not None
    with pytest.raises(leasing.LeaseLost):
        planning.plan(old, at=NOON)
    planning.plan(new, at=NOON)


def test_a_purge_that_fails_is_undone_whole(stage: Stage, entries, monkeypatch):
    stage.set_policy(90)
    row = stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    hole = "insert into audit_entry (organization_id) select organization_id from pick"
    monkeypatch.setattr(purging, "_entries", lambda _kind, _at: hole)

    with pytest.raises(IntegrityError, match="leaf"):
        services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)

    assert stage.stored() == {row.public_id}
    assert entries(stage, "retention.conversation.purged") == []
    with stage.scope():
        assert not Doom.objects.exists()
    monkeypatch.undo()
    assert stage.finish(sweep).purged_n == 1


def test_a_worker_that_died_between_claim_and_vault_is_repeated(
    stage: Stage, monkeypatch
):
    stage.set_policy(90)
    row = stage.conversation(age=100)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)

    def die(*_args, **_more):
        raise SystemExit

    monkeypatch.setattr(destroying.vault, "destroy", die)
    with pytest.raises(SystemExit):
        services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    monkeypatch.undo()
    assert vault.read_keys([row.key_id]) != {}
    for _round in range(2):  # the claim has not lapsed: the receipt waits
        found = services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
        assert found is Outcome.WAITING
    expire_lease(sweep.run_id)
    stage.finish(sweep)

    assert vault.read_keys([row.key_id]) == {}


def test_a_key_that_content_still_uses_is_never_destroyed(stage: Stage):
    row = stage.conversation(age=1)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into retention_doom (kind, object_id, doomed_at)"
            " values ('key', %s, now())",
            [row.key_id],
        )

    services.destroy_doomed(at=NOON)

    assert row.key_id in vault.read_keys([row.key_id])


def test_a_blob_that_its_store_does_not_delete_is_tried_again(
    stage: Stage, monkeypatch
):
    class Broken:
        def delete(self, _blob):
            raise OSError("no route")

    stage.set_policy(90)
    stage.conversation(age=100)
    sweep = stage.open_sweep()
    monkeypatch.setattr(destroying.blobs, "store", Broken)
    for _round in range(4):
        services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
        sequencer.run(at=NOON)
    with stage.scope():
        assert Doom.objects.get(kind="blob").destroyed_at is None
    monkeypatch.undo()
    expire_lease(sweep.run_id)

    assert stage.finish(sweep).state == "closed"


def test_a_file_that_stays_keeps_only_its_own_receipt_waiting(
    stage: Stage, monkeypatch
):
    neighbor = staged(cast.elsewhere())
    stage.set_policy(90)
    neighbor.set_policy(90)
    stuck = stage.conversation(age=100)
    neighbor.conversation(age=100)
    monkeypatch.setattr(destroying.blobs, "store", stubborn(stuck))
    (run,) = services.open_due_runs(at=NOON)

    for _round in range(6):
        services.work(run_id=run, budget_seconds=5, now=lambda: NOON)
        sequencer.run(at=NOON)

    with stage.scope():
        assert Sweep.objects.get(run_id=run).state == "destroying"
    with neighbor.scope():
        assert Sweep.objects.get(run_id=run).state == "closed"

    stage.conversation(age=100)
    neighbor.conversation(age=100)
    later = NOON + timedelta(hours=2)
    (following,) = services.open_due_runs(at=later)
    for _round in range(6):
        services.work(run_id=following, budget_seconds=5, now=lambda: later)
        sequencer.run(at=later)
    assert (stage.stored(), neighbor.stored()) == (set(), set())

    monkeypatch.undo()
    expire_lease(run)
    services.work(run_id=run, budget_seconds=5, now=lambda: later)
    with stage.scope():
        assert set(Sweep.objects.values_list("state", flat=True)) == {"closed"}


def stubborn(row: Conversation) -> type:
    """A store that does not give up the one file of this conversation."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select blob_id from workspaces_file where conversation_id = %s", [row.pk]
        )
        kept = cursor.fetchone()[0]

    class Stubborn:
        def delete(self, blob_id):
            if blob_id == kept:
                raise OSError("no route")

    return Stubborn


def test_orphan_keys_are_doomed_only_when_nobody_can_store_them(stage: Stage):
    row = stage.conversation(age=1)
    orphan = vault.make_keys(parent=parent_of(row.key_id))[0]
    assert services.doom_orphans(at=NOON) == 0, "younger than an hour"

    with connections["vault"].cursor() as cursor:
        cursor.execute(
            "update vault_vaultkey set made_at = made_at - interval '2 hours'"
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("alter table workspaces_conversation disable trigger user")
        cursor.execute(
            "update workspaces_conversation"
            " set key_made_at = key_made_at - interval '2 hours'"
        )
        cursor.execute("alter table workspaces_conversation enable trigger user")

    assert services.doom_orphans(at=NOON) == 1
    services.destroy_doomed(at=NOON)
    assert set(vault.read_keys([row.key_id, orphan.id])) == {row.key_id}
    assert services.doom_orphans(at=NOON) == 0, "the search goes on where it stopped"


def parent_of(key_id):
    with connections["vault"].cursor() as cursor:
        cursor.execute("select parent_id from vault_vaultkey where id = %s", [key_id])
        return cursor.fetchone()[0]
