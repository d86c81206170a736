"""Drives a run forward in bounded steps, and stops where it must wait."""

import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db import InterfaceError, OperationalError

from retention.schedules.rules import Pace
from retention.sweeps.breaker import stopping
from retention.sweeps.models import RunState
from retention.sweeps.services import (
    closing,
    destroying,
    lanes,
    leasing,
    pacing,
    planning,
)
from retention.sweeps.services.leasing import Lease, LeaseLost, Standing
from retention.sweeps.services.pacing import Pacer
from retention.sweeps.services.purging import Batch
from retention.sweeps.storage import rows

_LOG = logging.getLogger(__name__)
Now = Callable[[], datetime]

# A database, a disk or a lock that fails does so for all that a run covers.
_NOBODYS_OWN = (LeaseLost, InterfaceError, OperationalError, OSError)
_STATE = "select state, passes from retention_sweeprun where id = %(run)s"


class Outcome(Enum):
    """How a turn of work ended; the first three are said by the run's driver.

    RESTING: it may purge nothing at this hour.
    """

    CLOSED = "closed"
    MORE = "more"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"
    RESTING = "resting"


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """One worker's time with one run; `pacer` is None where nothing may be purged."""

    run_id: int
    ends: float
    now: Now
    pacer: Pacer | None

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


def work(
    *, run_id: int, budget_seconds: float, now: Now, pace: Pace | None = None
) -> Outcome:
    """Works on a run until it is closed, the budget is spent, or it has to wait.

    `now` is the edge's clock: a batch must read it after it holds the lock. `pace` is
    that of the schedules unless the caller knows better. Where another worker drives
    the run, this one helps with batches.
    """
    pace = pace or pacing.pace_of(run_id=run_id, at=now())
    turn = _Turn(
        run_id=run_id,
        ends=time.monotonic() + budget_seconds,
        now=now,
        pacer=None if pace is Pace.STOPPED else Pacer(pace),
    )
    lease = leasing.claim(run_id=run_id, worker=f"{socket.gethostname()}/{os.getpid()}")
    if lease is None:
        return _help(turn)
    try:
        return _drive(lease, turn)
    except LeaseLost:
        return Outcome.ELSEWHERE
    finally:
        leasing.let_go(lease)


def _drive(lease: Lease, turn: _Turn) -> Outcome:
    while not turn.is_over:
        standing = leasing.beat(lease)
        if standing.state == RunState.CLOSED:
            return Outcome.CLOSED
        if standing.state == RunState.PURGING and turn.pacer is None:
            return Outcome.RESTING
        if not _step_or_part(lease, standing, turn):
            return Outcome.WAITING
    return Outcome.MORE


def _step_or_part(lease: Lease, standing: Standing, turn: _Turn) -> bool:
    """What fails for many together is tried for each alone: one stops no other."""
    try:
        return _step(lease, standing, turn)
    except _NOBODYS_OWN:
        raise
    except Exception as defect:
        if not lanes.part_all(lease):
            raise
        # The type only: the text of a defect may hold content.
        _LOG.error("run %d is parted: %s", lease.run_id, type(defect).__name__)
        return True


def _step(lease: Lease, standing: Standing, turn: _Turn) -> bool:
    """One step of the stage; False where the run has to wait."""
    if standing.state == RunState.OPEN:
        planning.plan(lease, at=turn.now())
        return True
    if standing.state == RunState.PLANNED:
        stopping.stop_unusual(lease, at=turn.now())
        lanes.split(lease)
        return planning.seal(lease, at=turn.now())
    if standing.state == RunState.PURGING and turn.pacer:
        return _purge(lease, turn.pacer, passes=standing.passes, now=turn.now)
    if destroying.destroy_doomed(at=turn.now()):
        return True
    closing.end_destruction(lease, at=turn.now())
    return closing.close(lease, at=turn.now())


def _purge(lease: Lease, pacer: Pacer, *, passes: int, now: Now) -> bool:
    closing.begin_purge(lease)
    found = pacer.batch(run_id=lease.run_id, passes=passes, now=now)
    if found is Batch.NONE_LEFT:
        return closing.end_purge(lease, at=now())
    return found is Batch.PURGED


def _help(turn: _Turn) -> Outcome:
    """Batches and destroying need no lease: they lock what they work on."""
    while not turn.is_over:
        found = rows(_STATE, run=turn.run_id)
        if not found or found[0][0] == RunState.CLOSED:
            return Outcome.CLOSED
        state, passes = found[0]
        if state == RunState.PURGING and turn.pacer and turn.pacer.is_shared:
            batch = turn.pacer.batch(run_id=turn.run_id, passes=passes, now=turn.now)
            if batch is not Batch.PURGED:
                return Outcome.ELSEWHERE
        elif state != RunState.DESTROYING or not destroying.destroy_doomed(
            at=turn.now()
        ):
            return Outcome.ELSEWHERE
    return Outcome.MORE
