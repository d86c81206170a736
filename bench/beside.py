"""What people feel while a sweep runs: a page and a write beside it, and a hold.

The foreground is one client, 40 times a second: a page of 50 conversations of one
workspace, then one small committed write. The paced mode of the sweep is what a
workspace gets beside its busy hours; the same client alone is the reference.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from bench import corpus, sweeps, workers
from bench.ground import Ground

SECONDS = float(os.environ.get("CUSTOS_BENCH_SECONDS", "12"))
"""How long the foreground is watched, alone and beside a sweep."""
_EVERY = 1 / 40
_PAGE = """
select id, owner_id, last_activity_at, message_count from workspaces_conversation
where workspace_id = %s and last_activity_at < %s
order by last_activity_at desc, id desc limit 50
"""
_WRITE = "insert into bench_written (workspace_id, moment) values (%s, now())"
_PACED = """
import sys, django; django.setup()
from datetime import datetime
from retention.schedules.rules import Pace
from retention.sweeps import services
run, at = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
services.unfinished_runs()
print("ready", flush=True); sys.stdin.readline()
services.work(run_id=run, budget_seconds=float(sys.argv[3]), now=lambda: at,
              pace=Pace.PACED)
"""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """The 99th percentile of both, and how long a hold waits beside a full sweep."""
    if not corpus.DIALOGUES.exists():
        return {}
    filled = corpus.prepared(ground)
    alone, beside = [], []
    for _pass in range(corpus.PASSES):
        sweeps.fresh(ground)
        alone.append(_foreground(ground, filled, is_over=lambda: False))
        beside.append(_beside(ground, filled))
    waits = _hold_waits(ground, filled)
    ours, reference = statistics.median(beside), statistics.median(alone)
    return {
        "sweep_paced_foreground_p99": {
            "ratio": round(ours / reference, 2),
            "ours": round(ours, 2),
            "reference": round(reference, 2),
            "unit": "ms, 99th percentile of a page and a write (goal 2 at most)",
        },
        "hold_wait_ms": {
            "ratio": None,
            "ours": round(statistics.median(waits), 1),
            "reference": None,
            "unit": f"ms beside a full sweep, median of {len(waits)};"
            f" longest {max(waits):.0f}",
        },
    }


def _beside(ground: Ground, filled: corpus.Corpus) -> float:
    """Only as long as the paced sweep has something to do."""
    run = sweeps.sealed(filled.at)
    corpus.connections_closed()
    worker = workers.started(_PACED, str(run), str(filled.at), str(SECONDS + 2))
    workers.pipe(worker.stdin).write("go\n")
    workers.pipe(worker.stdin).flush()
    try:
        return _foreground(ground, filled, is_over=lambda: worker.poll() is not None)
    finally:
        worker.kill()
        worker.communicate()


def _foreground(
    ground: Ground, filled: corpus.Corpus, *, is_over: Callable[[], bool]
) -> float:
    """The 99th percentile of one client, in milliseconds."""
    taken = []
    with ground.admin(ground.content) as connection:
        connection.execute(
            "create table if not exists bench_written"
            " (id bigserial primary key, workspace_id bigint, moment timestamptz)"
        )
        workspace = corpus.one(
            connection, "select id from workspaces_workspace where slug = 'bench-0'"
        )[0]
        due = time.perf_counter()
        ends = due + SECONDS
        while due < ends and not (taken and is_over()):
            time.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            connection.execute(_PAGE, [workspace, filled.at]).fetchall()
            connection.execute(_WRITE, [workspace])
            taken.append(time.perf_counter() - began)
            due = max(due + _EVERY, time.perf_counter())
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


def _hold_waits(ground: Ground, filled: corpus.Corpus) -> list[float]:
    """Holds are placed one after the other while a sweep purges at full speed."""
    sweeps.fresh(ground)
    run = sweeps.sealed(filled.at)
    over = threading.Event()
    waits: list[float] = []
    placing = threading.Thread(target=_place, args=(over, waits, filled))
    placing.start()
    try:
        _purge(run, filled)
    finally:
        over.set()
        placing.join()
    corpus.connections_closed()
    return waits


def _purge(run: int, filled: corpus.Corpus) -> None:
    from retention.schedules.rules import Pace
    from retention.sweeps.services.pacing import Pacer
    from retention.sweeps.services.purging import Batch

    pacer = Pacer(Pace.FULL)
    now: Callable[[], Any] = lambda: filled.at  # noqa: E731 -- one clock for all
    while pacer.batch(run_id=run, passes=0, now=now) is Batch.PURGED:
        pass


def _place(over: threading.Event, waits: list[float], filled: corpus.Corpus) -> None:
    from kit import scoping
    from kit.actor import Actor
    from retention.holds import services as holds
    from workspaces.members.models import Membership
    from workspaces.tenancy.selectors import workspace_by_slug

    workspace = workspace_by_slug(slug=filled.workspaces[-1])
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        member = Membership.objects.get(email="member-1@bench.example").pk
    try:
        while not (waits and over.is_set()):
            began = time.perf_counter()
            holds.place(
                actor=Actor.operator(),
                workspace=workspace,
                matter="Bench",
                membership_ids=[member],
                at=filled.at,
            )
            waits.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
    finally:
        corpus.connections_closed()
