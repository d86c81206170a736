"""Drives a run forward in bounded steps, and stops where it must wait."""

import os
import socket
import time
from collections.abc import Callable
from datetime import datetime
from enum import Enum

from retention.sweeps.models import RunState
from retention.sweeps.services import closing, destroying, leasing, planning, purging
from retention.sweeps.services.leasing import Lease, LeaseLost
from retention.sweeps.services.purging import Batch
from retention.sweeps.storage import rows

Now = Callable[[], datetime]

_UNFINISHED = """
select id from retention_sweeprun where state <> 'closed' order by id
"""
_STATE = "select state, passes from retention_sweeprun where id = %(run)s"


class Outcome(Enum):
    """How a round of work ended; the first three are said by the run's driver."""

    CLOSED = "closed"
    MORE = "more"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"


def unfinished_runs() -> list[int]:
    """Every run that is not closed, oldest first."""
    return [row[0] for row in rows(_UNFINISHED)]


def work(*, run_id: int, budget_seconds: float, now: Now) -> Outcome:
    """Works on a run until it is closed, the budget is spent, or it has to wait.

    `now` is the edge's clock: a batch must read it after it holds the lock. Where
    another worker drives the run, this one helps with batches.
    """
    ends = time.monotonic() + budget_seconds
    lease = leasing.claim(run_id=run_id, worker=f"{socket.gethostname()}/{os.getpid()}")
    if lease is None:
        return _help(run_id, ends=ends, now=now)
    try:
        return _drive(lease, ends=ends, now=now)
    except LeaseLost:
        return Outcome.ELSEWHERE
    finally:
        leasing.let_go(lease)


def _drive(lease: Lease, *, ends: float, now: Now) -> Outcome:
    while time.monotonic() < ends:
        state, passes = _standing(lease)
        if state == RunState.CLOSED:
            return Outcome.CLOSED
        if not _step(lease, state, passes=passes, now=now):
            return Outcome.WAITING
    return Outcome.MORE


def _standing(lease: Lease) -> tuple[str, int]:
    found = leasing.beat(lease)
    return found.state, found.passes


def _step(lease: Lease, state: str, *, passes: int, now: Now) -> bool:
    """One step of the stage; False where the run has to wait."""
    if state == RunState.OPEN:
        planning.plan(lease, at=now())
        return True
    if state == RunState.PLANNED:
        return planning.seal(lease, at=now())
    if state == RunState.PURGING:
        return _purge(lease, passes=passes, now=now)
    if destroying.destroy_doomed(at=now()):
        return True
    closing.end_destruction(lease, at=now())
    return closing.close(lease, at=now())


def _purge(lease: Lease, *, passes: int, now: Now) -> bool:
    closing.begin_purge(lease)
    found = purging.batch(run_id=lease.run_id, passes=passes, now=now)
    if found is Batch.NONE_LEFT:
        return closing.end_purge(lease, at=now())
    return found is Batch.PURGED


def _help(run_id: int, *, ends: float, now: Now) -> Outcome:
    """Batches and destroying need no lease: they lock what they work on."""
    while time.monotonic() < ends:
        found = rows(_STATE, run=run_id)
        if not found or found[0][0] == RunState.CLOSED:
            return Outcome.CLOSED
        state, passes = found[0]
        if state == RunState.PURGING:
            batch = purging.batch(run_id=run_id, passes=passes, now=now)
            if batch is not Batch.PURGED:
                return Outcome.ELSEWHERE
        elif state != RunState.DESTROYING or not destroying.destroy_doomed(at=now()):
            return Outcome.ELSEWHERE
    return Outcome.MORE
