"""Workers and officers that are real processes race; the log explains it all alike.

Threads of one process share its lock and take turns in Python; these do not.
"""

import json
import os
import random
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections

from audit.log import sequencer
from kit.actor import Actor
from retention.holds import services as holds
from retention.sweeps import services
from retention.sweeps.models import Sweep, SweepState
from retention.sweeps.services import Outcome, planning
from tests.cast import NOON
from tests.harness import forks
from tests.retention.conftest import Stage
from tests.retention.sweeps.story import Story, assert_explained
from workspaces.content.models import Conversation

pytestmark = pytest.mark.slow
ROWS, FEWEST = 600, 50
PATIENCE = 120.0


def forked(work: Callable[[], None]) -> int:
    """A child that does this on connections of its own, and ends; its process id."""
    connections.close_all()
    if child := os.fork():
        return child
    try:
        forks.begin_anew()
        random.seed()
        work()
    except BaseException:  # noqa: BLE001 -- the parent sees the status
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def test_what_processes_sweep_and_hold_at_once_is_explained_by_the_log(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    stage.bulk(ROWS, age=100)
    known = stage.stored()
    sweep = stage.open_sweep()
    until = time.monotonic() + PATIENCE

    def work() -> None:
        outcome = None
        while outcome is not Outcome.CLOSED:
            assert time.monotonic() < until, "the sweep does not close"
            outcome = services.work(
                run_id=sweep.run_id, budget_seconds=1, now=lambda: NOON
            )
            sequencer.run(at=NOON)
            time.sleep(0.01)

    def hold() -> None:
        tried = []
        while not _is_over(stage):
            assert time.monotonic() < until, "the sweep does not close"
            with stage.scope():
                rows = list(Conversation.objects.values_list("pk", "public_id"))
            pk, public_id = random.choice(rows)
            tried.append((_placed(stage, pk), str(public_id)))
        (tmp_path / f"{os.getpid()}.json").write_text(json.dumps(tried))

    children = [forked(one) for one in (work, work, hold, hold)]
    statuses = [os.waitpid(child, 0)[1] for child in children]

    assert statuses == [0] * 4
    told = [json.loads(one.read_text()) for one in tmp_path.glob("*.json")]
    assert len(told) == 2
    covered: dict[UUID, set[UUID]] = {}
    refused: set[UUID] = set()
    for placed, target in (one for tried in told for one in tried):
        if placed is None:
            refused.add(UUID(target))
        else:
            covered[UUID(placed)] = {UUID(target)}
    assert len(covered) >= FEWEST
    assert_explained(stage, covered, known)
    assert refused <= set(Story(stage).purged()), "nothing refuses but a purge"


def _is_over(stage: Stage) -> bool:
    with stage.scope():
        return Sweep.objects.get().state == SweepState.CLOSED


def _placed(stage: Stage, conversation: int) -> str | None:
    """The hold that was placed on it; None where it was gone by then."""
    try:
        hold = holds.place(
            actor=Actor.operator(),
            workspace=stage.workspace,
            matter="race",
            conversation_ids=[conversation],
            at=NOON,
        )
    except holds.HoldCoversNothing:
        return None
    return str(hold.public_id)
