"""Workers as processes of their own, that stand ready before the clock starts."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# The clock is one for all processes of a machine.
_PURGE = """
import sys, time, django; django.setup()
from datetime import datetime
from django.db import connections
from retention.schedules.rules import Pace
from retention.sweeps.services.pacing import Pacer
from retention.sweeps.services.purging import Batch
run, at = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
connections["sweeper"].ensure_connection()
pacer, ended = Pacer(Pace.FULL), ""
print("ready", flush=True); sys.stdin.readline()
while pacer.batch(run_id=run, passes=0, now=lambda: at) is Batch.PURGED:
    ended = time.monotonic()
print(ended)
"""


def purge(run: int, at: datetime, *, number: int) -> float:
    """Seconds until so many workers have purged all batches of a sealed run."""
    found = [started(_PURGE, str(run), str(at)) for _worker in range(number)]
    began = time.monotonic()
    for worker in found:
        pipe(worker.stdin).write("go\n")
        pipe(worker.stdin).flush()
    # One that came too late for any batch has nothing to say.
    ends = [worker.communicate()[0].strip() for worker in found]
    return max(float(end) for end in ends if end) - began


def started(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process that runs this code, once it has said that it is ready."""
    worker = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if pipe(worker.stdout).readline() != "ready\n":
        raise RuntimeError("a worker did not start")
    return worker


def environment() -> dict[str, str]:
    """That of a process which uses the databases that this one uses."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def pipe(found: IO[str] | None) -> IO[str]:
    """One end of a pipe that is there."""
    if found is None:
        raise RuntimeError("no pipe was asked for")
    return found
