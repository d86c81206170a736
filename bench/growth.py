"""Whether a sweep of ten times as many rows needs more memory, or becomes slower.

Memory is the peak of a process that drives a whole sweep. Ten times as many messages as
all others measure are tried where the disk has room for them, or where
`CUSTOS_BENCH_SCALING` says so (1) or not (0).
"""

import os
import shutil
import statistics
import subprocess
import sys
from typing import Any

from bench import corpus, sweeps, workers
from bench.ground import Ground

FACTOR = 10
FREE_BYTES_A_MESSAGE = 3_000
"""Three copies of a message's database: kept, swept, and the log of writing it."""
_SWEEP = """
import resource, sys, django; django.setup()
from datetime import datetime
from audit.log import sequencer
from retention.schedules.rules import Pace
from retention.sweeps import services
at = datetime.fromisoformat(sys.argv[1])
services.open_due_runs(at=at)
while (waiting := services.unfinished_runs()):
    for run in waiting:
        services.work(run_id=run.id, budget_seconds=600, now=lambda: at, pace=Pace.FULL)
    sequencer.run(at=at)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """Megabytes at a tenth and at all; rates at all and at ten times as many."""
    if not corpus.DIALOGUES.exists():
        return {}
    usual, tenth = corpus.MESSAGES, corpus.MESSAGES // FACTOR
    is_scaled = _is_scaled(ground)
    rate = _rate(ground, usual, passes=corpus.PASSES) if is_scaled else 0.0
    # The usual corpus is there already.
    large, small = _peak(ground, usual), _peak(ground, tenth)
    results: dict[str, dict[str, Any]] = {
        "sweep_memory_growth": {
            "ratio": round(large / small, 3),
            "ours": round(large),
            "reference": round(small),
            "unit": f"MB at {usual:,} and {tenth:,} messages (goal 1.1 at most)",
        }
    }
    if is_scaled:
        results["sweep_scaling_10x"] = sweeps.line(
            _rate(ground, usual * FACTOR, passes=1),
            rate,
            f"{usual * FACTOR:,} and {usual:,} messages, goal 0.8",
        )
    return results


def _is_scaled(ground: Ground) -> bool:
    asked = os.environ.get("CUSTOS_BENCH_SCALING")
    if asked is not None:
        return asked == "1"
    needed = corpus.MESSAGES * FACTOR * FREE_BYTES_A_MESSAGE
    return shutil.disk_usage(ground.folder).free >= needed


def _rate(ground: Ground, messages: int, *, passes: int) -> float:
    filled = corpus.prepared(ground, messages=messages)
    found = [sweeps.batches(ground, filled, number=1) for _pass in range(passes)]
    return statistics.median(rows / seconds for seconds, rows in found)


def _peak(ground: Ground, messages: int) -> float:
    filled = corpus.prepared(ground, messages=messages)
    sweeps.fresh(ground)
    corpus.connections_closed()
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SWEEP, str(filled.at)],
        cwd=workers.ROOT,
        env=workers.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return int(printed) / 1024
