"""The keys of a slice are claimed and destroyed as one; no other is touched."""

import pytest
from django.db import IntegrityError, connections

from audit.log import sequencer
from kit import vault
from retention.sweeps import services
from retention.sweeps.models import Doom, SweepSlice
from retention.sweeps.services import working
from tests.cast import NOON
from tests.retention.conftest import Stage


def purged(stage: Stage, *, n: int = 3) -> list:
    """Conversations whose rows are gone and whose keys wait."""
    stage.set_policy(90)
    found = [stage.conversation(age=100) for _number in range(n)]
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(working.destroying, "destroy_doomed", lambda *, at: 0)
        services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    return found


def test_the_keys_of_a_slice_are_destroyed_at_once(stage: Stage):
    rows = purged(stage)
    with stage.scope():
        (waiting,) = SweepSlice.objects.all()
    assert (waiting.keys, waiting.keys_destroyed_at) == (3, None)

    services.destroy_doomed(at=NOON)

    assert vault.read_keys([row.key_id for row in rows]) == {}
    with stage.scope():
        (done,) = SweepSlice.objects.all()
        dooms = list(Doom.objects.filter(kind="key"))
    assert done.keys_destroyed_at == NOON
    assert {doom.destroyed_at for doom in dooms} == {NOON}
    assert {doom.claimed_at for doom in dooms} == {done.keys_claimed_at}
    assert {doom.slice_id for doom in dooms} == {done.pk}
    assert all(done.doom_first <= doom.pk <= done.doom_last for doom in dooms)


def test_a_key_that_content_uses_stays_and_keeps_its_slice_waiting(stage: Stage):
    rows = purged(stage)
    kept = stage.conversation(age=1)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_doom set object_id = %s where object_id = %s",
            [kept.key_id, rows[0].key_id],
        )

    services.destroy_doomed(at=NOON)

    keys = [kept.key_id, *(row.key_id for row in rows[1:])]
    assert set(vault.read_keys(keys)) == {kept.key_id}
    with stage.scope():
        (waiting,) = SweepSlice.objects.all()
    assert waiting.keys_claimed_at is not None
    assert waiting.keys_destroyed_at is None


def test_a_claimed_slice_is_nobody_elses_until_the_claim_lapses(stage: Stage):
    rows = purged(stage)
    _execute("update retention_sweepslice set keys_claimed_at = clock_timestamp()")
    services.destroy_doomed(at=NOON)
    assert len(vault.read_keys([row.key_id for row in rows])) == 3

    _execute(
        "update retention_sweepslice"
        " set keys_claimed_at = clock_timestamp() - interval '61 seconds'"
    )
    services.destroy_doomed(at=NOON)
    assert vault.read_keys([row.key_id for row in rows]) == {}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        (
            "sweepslice_keys_destroyed_only_after_claim",
            "update retention_sweepslice set keys_destroyed_at = now()",
        ),
        (
            "sweepslice_keys_have_a_place",
            "update retention_sweepslice set doom_last = null",
        ),
        (
            "doom_waits_alone_or_with_its_slice",
            "update retention_doom set is_waiting = true where slice_id is not null",
        ),
        (
            "doom_once",
            "insert into retention_doom (kind, object_id, doomed_at)"
            " select kind, object_id, doomed_at from retention_doom"
            " where kind = 'blob' limit 1",
        ),
    ],
)
def test_the_database_refuses_what_cannot_be(stage: Stage, name: str, statement: str):
    purged(stage, n=1)
    with pytest.raises(IntegrityError, match=name):
        _execute(statement)


def _execute(statement: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
