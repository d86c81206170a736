"""A worker is killed before and after each call of a store that a whole sweep makes.

The points are not written down: each statement that a sweep sends, each commit and each
file that it deletes is one, so that a new call of a store is tried without being named.
The worker is a child of this process, and dies by SIGKILL: nothing of it is unwound.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from audit.log import sequencer
from kit import blobs, vault
from retention.sweeps import services
from retention.sweeps.models import Doom, Sweep, SweepSlice
from retention.sweeps.services import planning
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago

SOME = 29
"""The quick suite tries one point in so many."""

Point = Callable[[str], None]


@contextmanager
def watched(point: Point) -> Iterator[None]:
    """Calls `point` before and after each call of a store, with what it is."""
    execute, commit = CursorWrapper.execute, BaseDatabaseWrapper.commit
    store = type(blobs.store())
    delete = store.delete

    def watched_execute(self, sql, params=None):
        point(str(sql))
        found = execute(self, sql, params)
        point(str(sql))
        return found

    def watched_commit(self):
        point("commit")
        commit(self)
        point("commit")

    def watched_delete(self, blob_id):
        point("blob")
        delete(self, blob_id)
        point("blob")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CursorWrapper, "execute", watched_execute)
        patched.setattr(BaseDatabaseWrapper, "commit", watched_commit)
        patched.setattr(store, "delete", watched_delete)
        yield


def staged_content(stage: Stage) -> list[UUID]:
    """What is due: conversations in several windows, another kind, files."""
    stage.set_policy(90)
    rows = [stage.conversation(age=100) for _number in range(3)]
    simple.memory(stage, deleted_at=days_ago(8), deleted_by="owner")
    return [row.key_id for row in rows]


def whole_sweep() -> None:
    """What beat and workers do of a run from its opening to its receipt."""
    services.fail_abandoned_imports(at=NOON)
    services.doom_orphans(at=NOON)
    services.destroy_doomed(at=NOON)
    services.open_due_runs(at=NOON)
    for _round in range(20):
        sequencer.run(at=NOON)
        waiting = services.unfinished_runs()
        for run in waiting:
            services.work(run_id=run.id, budget_seconds=30, now=lambda: NOON)
        if not waiting:
            break


def killed_at(number: int) -> bool:
    """Runs a sweep in a child that dies at the point; whether it came to it."""
    connections.close_all()
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = number

    def point(_what: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with watched(point):
            whole_sweep()
    finally:
        os._exit(0)


def expire() -> None:
    """Leases and claims of the dead lapse at once."""
    for statement in (
        "update retention_sweeprun set lease_until = null",
        "update retention_sweepslice set keys_claimed_at = keys_claimed_at"
        " - interval '1 hour' where keys_destroyed_at is null",
        "update retention_doom set claimed_at = claimed_at - interval '1 hour'"
        " where destroyed_at is null",
    ):
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("step", [SOME, pytest.param(1, marks=pytest.mark.slow)])
def test_a_worker_may_die_at_each_call_of_a_store(
    stage: Stage, entries, monkeypatch, step
):
    monkeypatch.setattr(planning, "WINDOW", 2)
    keys, deaths = staged_content(stage), 0
    with stage.scope():
        everything = set(stage.stored())
    number = uuid4().int % step

    while killed_at(number):
        deaths += 1
        expire()
        whole_sweep()
        _assert_all_is_told_once(stage, entries, everything, keys)
        number += step
        _prepare_again(stage)
        keys += staged_again(stage)
        everything |= stage.stored()

    assert deaths >= 60 // step


def staged_again(stage: Stage) -> list[UUID]:
    rows = [stage.conversation(age=100) for _number in range(3)]
    simple.memory(stage, deleted_at=days_ago(8), deleted_by="owner")
    return [row.key_id for row in rows]


def _prepare_again(stage: Stage) -> None:
    """Another sweep of the same workspace may open at the same moment."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_sweep set opened_at = opened_at - interval '2 hours'"
        )


def _assert_all_is_told_once(
    stage: Stage, entries, everything: set[UUID], keys: list[UUID]
) -> None:
    assert stage.stored() == set()
    told = [
        leaf["target_id"] for leaf in entries(stage, "retention.conversation.purged")
    ]
    assert sorted(told) == sorted(str(one) for one in everything)
    assert vault.read_keys(keys) == {}
    with stage.scope():
        dooms = list(Doom.objects.all())
        assert all(doom.destroyed_at for doom in dooms)
        assert len({(d.kind, d.object_id) for d in dooms}) == len(dooms)
        sweeps = list(Sweep.objects.all())
        assert {sweep.state for sweep in sweeps} == {"closed"}
        for piece in SweepSlice.objects.all():
            assert piece.n == piece.purged
    planned = entries(stage, "retention.sweep.planned")
    assert len(planned) == len(sweeps) == len(entries(stage, "retention.sweep.closed"))
