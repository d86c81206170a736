"""What a race with a sweep is, and how the log's order explains what became of it.

The oracle is the audit log: whoever decides about holds and whoever purges takes the
same lock before the first write, so the order of their transactions there is the order
in which they had their turn. No purge of a row may stand after a hold on it, and each
row is accounted for once: stored, or purged with one entry and one doomed key.
"""

import time
from collections import defaultdict
from threading import Event, Thread
from uuid import UUID

from django.db import connections

from audit.log import sequencer
from retention.sweeps import services
from retention.sweeps.models import Doom, Sweep, SweepSlice
from retention.sweeps.services import Outcome
from tests.cast import NOON
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation

_LOG = """
select convert_from(leaf, 'UTF8')::json->>'action',
       (convert_from(leaf, 'UTF8')::json->>'target_id')::uuid
from audit_entry e where organization_id = %s order by e.epoch, e.xid, e.id
"""


class Story:
    """What the log says happened, in the order of its transactions."""

    def __init__(self, stage: Stage) -> None:
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(_LOG, [stage.workspace.organization.id])
            self.events = list(cursor.fetchall())
        self._places: dict[tuple[str, UUID], list[int]] = defaultdict(list)
        for n, event in enumerate(self.events):
            self._places[event].append(n)

    def at(self, action: str, target: UUID) -> list[int]:
        return self._places.get((action, target), [])

    def purged(self) -> dict[UUID, int]:
        found = [
            (target, n)
            for n, (action, target) in enumerate(self.events)
            if action == "retention.conversation.purged"
        ]
        assert len(found) == len(dict(found)), "nothing is purged twice"
        return dict(found)


def assert_explained(
    stage: Stage, covered: dict[UUID, set[UUID]], everything: set[UUID]
) -> None:
    """`covered`: what each hold named; `everything`: all that was ever stored."""
    story = Story(stage)
    purged = story.purged()
    stored = stage.stored()
    assert stored.isdisjoint(purged)
    assert stored | set(purged) == everything
    for hold, targets in covered.items():
        (placed,) = story.at("retention.hold.placed", hold)
        late = [one for one in targets if purged.get(one, -1) > placed]
        assert not late, "a purge stands after the hold that it had to obey"
        assert targets - stored == {one for one in targets if one in purged}
    with stage.scope():
        dooms = list(Doom.objects.filter(kind="key", slice__isnull=False))
        assert sorted(str(doom.content_id) for doom in dooms) == sorted(
            map(str, purged)
        )
        for piece in SweepSlice.objects.all():
            assert piece.n == piece.purged + piece.held + piece.skipped + piece.failed


def everything(stage: Stage) -> dict[UUID, tuple[int, int]]:
    with stage.scope():
        return {
            public_id: (pk, owner)
            for public_id, pk, owner in Conversation.objects.values_list(
                "public_id", "pk", "owner_id"
            )
        }


def sweep_beside(stage: Stage, sweep: Sweep, *others) -> None:
    """Sweeps in this thread while the others run until the end."""
    over = Event()
    failures: list[BaseException] = []

    def run(other) -> None:
        try:
            while not over.is_set():
                other()
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[other]) for other in others]
    for thread in threads:
        thread.start()
    try:
        for _round in range(500):
            outcome = services.work(
                run_id=sweep.run_id, budget_seconds=30, now=lambda: NOON
            )
            if outcome is Outcome.CLOSED:
                break
            sequencer.run(at=NOON)
            time.sleep(0.01)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures
