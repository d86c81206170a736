"""Drives a sweep as beat and workers do, and stops at each call of a store it makes.

The calls are not written down: each statement that is sent, each commit, each file that
is deleted and each ring is a point before and a point after it, so that a new call is
tried without being named.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from audit.log import sequencer
from kit import blobs, vault
from retention.sweeps import tasks
from retention.sweeps.models import Doom, Sweep, SweepSlice
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago

SECONDS = 20
"""A sweep of a handful of rows that takes longer will never end."""

Point = Callable[[], None]
Ring = Callable[[], None]
_LAPSED = (
    "update retention_sweeprun set lease_until = null",
    "update retention_sweepslice set keys_claimed_at = keys_claimed_at"
    " - interval '1 hour' where keys_destroyed_at is null",
    "update retention_doom set claimed_at = claimed_at - interval '1 hour'"
    " where destroyed_at is null",
)
_ASIDE = "update retention_sweep set opened_at = opened_at - interval '2 hours'"


@contextmanager
def watched(point: Point) -> Iterator[None]:
    """Calls `point` before and after each call of a database or of the file store."""
    execute, commit = CursorWrapper.execute, BaseDatabaseWrapper.commit
    store = type(blobs.store())
    delete = store.delete

    def watched_execute(self, sql, params=None):
        point()
        found = execute(self, sql, params)
        point()
        return found

    def watched_commit(self):
        point()
        commit(self)
        point()

    def watched_delete(self, blob_id):
        point()
        delete(self, blob_id)
        point()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CursorWrapper, "execute", watched_execute)
        patched.setattr(BaseDatabaseWrapper, "commit", watched_commit)
        patched.setattr(store, "delete", watched_delete)
        yield


def whole_sweep(ring: Ring = lambda: None) -> None:
    """Beat's ticks and the turns they ring for, until no run is left.

    `ring` is told of each ring; where it raises, the broker has lost it.
    """
    rung: list[dict[str, int]] = []

    def asked(*, run_id: int, turns: int = 0, waits: int = 0, **_more) -> None:
        ring()
        rung.append({"run_id": run_id, "turns": turns, "waits": waits})

    ends = time.monotonic() + SECONDS
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tasks, "ring", asked)
        while time.monotonic() < ends:
            tasks.work_due()
            while rung and time.monotonic() < ends:
                tasks.work_run(**rung.pop(0))
                sequencer.run(at=NOON)
            if not unfinished():
                return
    raise AssertionError(f"after {SECONDS} s there is still a run: {unfinished()}")


def unfinished() -> list[tuple[int, str]]:
    """Runs that are not closed."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select id, state from retention_sweeprun where state <> 'closed'"
        )
        return list(cursor.fetchall())


def lapse() -> None:
    """Leases and claims of the dead lapse at once."""
    with connections["owner"].cursor() as cursor:
        for statement in _LAPSED:
            cursor.execute(statement)


class Content:
    """What is due, in several windows and of two kinds; and all that ever was."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._keys: list[UUID] = []
        self._ids: set[UUID] = set()
        stage.set_policy(90)

    def add(self) -> None:
        """Another handful, for a sweep that may open at the same moment."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(_ASIDE)
        rows = [self._stage.conversation(age=100) for _number in range(3)]
        simple.memory(self._stage, deleted_at=days_ago(8), deleted_by="owner")
        self._keys += [row.key_id for row in rows]
        self._ids |= {row.public_id for row in rows}

    def assert_gone_and_told_once(self, entries) -> None:
        """Nothing is lost, nothing happened twice, and nothing unrecorded."""
        stage = self._stage
        purged = entries(stage, "retention.conversation.purged")
        assert sorted(leaf["target_id"] for leaf in purged) == sorted(
            str(one) for one in self._ids
        )
        assert stage.stored() == set()
        assert vault.read_keys(self._keys) == {}
        with stage.scope():
            dooms = list(Doom.objects.all())
            assert all(doom.destroyed_at for doom in dooms)
            assert len({(d.kind, d.object_id) for d in dooms}) == len(dooms)
            sweeps = list(Sweep.objects.all())
            assert {sweep.state for sweep in sweeps} == {"closed"}
            for piece in SweepSlice.objects.all():
                assert piece.n == piece.purged
        for what in ("planned", "closed"):
            assert len(entries(stage, f"retention.sweep.{what}")) == len(sweeps)
