"""A workspace with a huge backlog and ten small ones, under real workers."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from config.launcher import site
from config.launcher.surroundings import BASE_DIR
from kit import clock
from retention.sweeps import rules, tasks
from retention.sweeps import services as sweeps
from retention.sweeps.models import Lane, Sweep, SweepRun
from tests import cast
from tests.harness import servers
from tests.retention.conftest import Stage, staged

pytestmark = [pytest.mark.slow]

HUGE, SMALL, NEIGHBORS = rules.LARGE + 10_000, 20, 10
PATIENCE = 240


@pytest.fixture
def workers(valkey: redis.Redis, tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Starts so many workers of one process each, and the sequencer."""
    with ExitStack() as started:

        def start(n: int) -> None:
            seal = site.worker("seal", site.SEQUENCER_QUEUES, "--pool=solo")
            due = [
                site.worker(f"due{number}", site.WORKER_QUEUES, "--concurrency=1")
                for number in range(n)
            ]
            for number, command in enumerate((seal, site.beat(), *due)):
                started.enter_context(
                    servers.running(
                        [sys.executable, "-m", *command],
                        log=tmp_path / f"{number}.log",
                        environment=os.environ | {"PYTHONPATH": str(BASE_DIR)},
                        is_ready=lambda: True,
                    )
                )

        yield start


@pytest.mark.parametrize("n", [1, 2])
def test_ten_small_workspaces_end_before_a_huge_one(
    transactional_db: None, workers: Callable[[int], None], n: int
) -> None:
    huge = _due(cast.workspace(), HUGE)
    small = [
        _due(cast.workspace(huge.workspace.organization, slug=f"small-{number}"), SMALL)
        for number in range(NEIGHBORS)
    ]
    sweeps.open_due_runs(at=clock.now())
    for run in sweeps.unfinished_runs():
        tasks.ring(run_id=run.id, lane=run.lane)

    workers(n)
    ended = [_ended(stage) for stage in small]
    last = _ended(huge)

    assert max(one.ended_at for one in ended if one.ended_at) < last.ended_at
    assert [one.purged_n for one in ended] == [SMALL] * NEIGHBORS
    assert last.purged_n == HUGE
    assert SweepRun.objects.get(pk=last.run_id).lane == Lane.SLOW


def _due(workspace: cast.WorkspaceRef, n: int) -> Stage:
    stage = staged(workspace)
    stage.set_policy(90)
    stage.bulk(n, age=300)
    return stage


def _ended(stage: Stage) -> Sweep:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with stage.scope():
            found = Sweep.objects.filter(ended_at__isnull=False).first()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("the sweep did not end")
