"""Keeps a worker's batches short, and its rests as long as the hour demands."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from retention.schedules import rules as schedules
from retention.schedules import selectors
from retention.schedules.rules import Pace
from retention.sweeps import rules
from retention.sweeps.models import Trigger
from retention.sweeps.services import purging
from retention.sweeps.services.purging import Batch
from retention.sweeps.storage import ALIAS, rows

_SWEEPS = """
select s.workspace_id, s.trigger, r.behind_since
from retention_sweep s join retention_sweeprun r on r.id = s.run_id
where s.run_id = %(run)s
"""


def pace_of(*, run_id: int, at: datetime) -> Pace:
    """The pace of a run now: whoever started one by hand, or is late, does not wait."""
    sweeps = rows(_SWEEPS, run=run_id)
    scheduled: list[Any] = [row for row in sweeps if row[1] == Trigger.SCHEDULE]
    if len(scheduled) < len(sweeps) or not scheduled:
        return Pace.FULL
    if schedules.is_late(scheduled[0][2], at=at):
        return Pace.FULL
    known = selectors.schedules_of(
        workspace_ids=[row[0] for row in scheduled], using=ALIAS
    )
    return schedules.slowest(*(schedules.pace_at(s, at=at) for s in known.values()))


class Pacer:
    """One worker's turn at one run: batches of a size that fits the time they take.

    `is_shared`: whether others may work beside it; they would spoil the rests.
    """

    def __init__(self, pace: Pace) -> None:
        self._tempo = rules.tempo(pace)
        self.is_shared = pace is Pace.FULL

    def batch(self, *, run_id: int, passes: int, now: Callable[[], datetime]) -> Batch:
        """One batch, and the rest after it."""
        began = time.monotonic()
        found = purging.batch(
            run_id=run_id, passes=passes, now=now, most=self._tempo.batch_size
        )
        took = time.monotonic() - began
        if found is Batch.PURGED:
            time.sleep(self._tempo.rest_seconds(took))
            self._tempo = self._tempo.after(took)
        return found
