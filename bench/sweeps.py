"""The purge of a real sweep against one SQL DELETE of the same rows, and against peers.

Each pass starts from a copy of the same database, heap read once. The reference is one
statement of the owner that deletes the parents and lets the same cascades take the
rest, without the guard trigger, entries, dooms or holds. Variants take turns, so that
what disturbs one disturbs the others; the figures are medians of all passes.
"""

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from bench import corpus, peers, workers
from bench.corpus import Corpus
from bench.ground import Ground

_ROWS = """
select (select count(*) from workspaces_conversation)
     + (select count(*) from workspaces_message)
"""
_PURGED = "select coalesce(sum(purged + messages), 0) from retention_sweepslice"
Measured = tuple[float, int]
"""Seconds, and the conversations and messages that went in them."""


class Unequal(AssertionError):
    """Two ways to delete the same took different rows: their rates say nothing."""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """Rows a second of the sweep, of one DELETE and of what peers do."""
    if not corpus.DIALOGUES.exists():
        return {}
    filled = corpus.prepared(ground)
    rates = _rates(
        {
            "raw": lambda: deleted(ground, filled, peers.raw_delete),
            "one": lambda: batches(ground, filled, number=1),
            "two": lambda: batches(ground, filled, number=2),
            "whole": lambda: whole(ground, filled),
            **{
                name: partial(deleted, ground, filled, algorithm)
                for name, algorithm in peers.ALGORITHMS.items()
            },
        }
    )
    raw = rates["raw"]
    return {
        "sweep_vs_raw_delete": line(rates["one"], raw, "goal 0.9"),
        "whole_sweep_vs_raw_delete": line(rates["whole"], raw),
        "sweep_two_workers": line(rates["two"], rates["one"], "goal 1.2"),
        **{f"sweep_{name}": line(rates[name], raw) for name in peers.ALGORITHMS},
        "import_messages": {
            "ratio": None,
            "ours": filled.imported_a_second,
            "reference": None,
            "unit": f"messages/s, {filled.imported:,} of them",
        },
    }


def line(ours: float, reference: float, goal: str = "") -> dict[str, Any]:
    """One result in rows a second."""
    return {
        "ratio": round(ours / reference, 3),
        "ours": round(ours),
        "reference": round(reference),
        "unit": "conversation and message rows/s" + (f" ({goal})" if goal else ""),
    }


def _rates(variants: dict[str, Callable[[], Measured]]) -> dict[str, float]:
    """Medians; those that must take the same rows are held to it."""
    rates: dict[str, list[float]] = {name: [] for name in variants}
    taken: dict[str, int] = {}
    for _pass in range(corpus.PASSES):
        for name, run in variants.items():
            seconds, rows = run()
            rates[name].append(rows / seconds)
            taken[name] = rows
    if len({taken[name] for name in ("raw", "one", "two", "whole")}) > 1:
        raise Unequal(str(taken))
    return {name: statistics.median(found) for name, found in rates.items()}


def deleted(ground: Ground, filled: Corpus, algorithm: peers.Algorithm) -> Measured:
    """Another's way to delete what is due."""
    fresh(ground)
    with ground.admin(ground.content) as connection:
        connection.execute("set role custos_owner")
        connection.execute("alter table workspaces_conversation disable trigger user")
        before = corpus.one(connection, _ROWS)[0]
        began = time.perf_counter()
        algorithm(connection, filled.at)
        seconds = time.perf_counter() - began
        return seconds, before - corpus.one(connection, _ROWS)[0]


def batches(ground: Ground, filled: Corpus, *, number: int) -> Measured:
    """The batches of one plan, by so many processes; from the first to the last row."""
    fresh(ground)
    run = sealed(filled.at)
    corpus.connections_closed()
    seconds = workers.purge(run, filled.at, number=number)
    with ground.admin(ground.content) as connection:
        return seconds, int(corpus.one(connection, _PURGED)[0])


def whole(ground: Ground, filled: Corpus) -> Measured:
    """A whole sweep of all workspaces, from its opening to its receipts."""
    from audit.log import sequencer
    from retention.schedules.rules import Pace
    from retention.sweeps import services

    fresh(ground)
    began = time.perf_counter()
    services.open_due_runs(at=filled.at)
    while waiting := services.unfinished_runs():
        for run in waiting:
            services.work(
                run_id=run.id, budget_seconds=600, now=lambda: filled.at, pace=Pace.FULL
            )
        sequencer.run(at=filled.at)
    seconds = time.perf_counter() - began
    corpus.connections_closed()
    with ground.admin(ground.content) as connection:
        return seconds, int(corpus.one(connection, _PURGED)[0])


def sealed(at: datetime) -> int:
    """A run whose plan is under a checkpoint: batches may begin."""
    from audit.log import sequencer
    from retention.sweeps import services
    from retention.sweeps.services import leasing, planning

    (run,) = services.open_due_runs(at=at)
    lease = leasing.claim(run_id=run, worker="bench")
    if lease is None:
        raise RuntimeError("another drives the run")
    planning.plan(lease, at=at)
    sequencer.run(at=at)
    if not planning.seal(lease, at=at):
        raise RuntimeError("the plan was not sealed")
    leasing.let_go(lease)
    return run


def fresh(ground: Ground) -> None:
    """A copy of the database; every variant begins with its heap read once."""
    corpus.connections_closed()
    ground.restore()
    with ground.admin(ground.content) as connection:
        connection.execute(
            "select count(*), sum(length(sealed)) from workspaces_message"
        )
        connection.execute(
            "select count(*), sum(length(title)) from workspaces_conversation"
        )
