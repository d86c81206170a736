"""Runs what is due, one job after the other, each held by a lease."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kit.one_by_one import one_by_one
from kit.refusals import Refused
from workspaces.jobs import runners
from workspaces.jobs.services import leasing
from workspaces.jobs.services.leasing import (
    Due,
    JobWasCanceled,
    Lease,
    LeaseIsLost,
)

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)


class Run:
    """One claimed job, as its runner sees it (see `runners.Run`)."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        job = lease.job
        self.organization_id: int = job.organization_id
        self.workspace_id: int | None = job.workspace_id
        self.public_id: UUID = job.public_id
        self.requested_by: str = job.requested_by
        self.arguments: Mapping[str, Any] = job.arguments
        self._lease = lease
        self._clock = clock

    def progress(self, *, done: int, total: int | None, message: str = "") -> None:
        leasing.keep(lease=self._lease, done=done, total=total, message=message)

    def now(self) -> datetime:
        return self._clock()


def run_due(*, clock: Clock, limit: int = 10) -> int:
    """Run up to `limit` jobs that nobody works on; returns how many it took."""
    return one_by_one(
        leasing.due(limit=limit), lambda waiting: _run(waiting, clock), what="job"
    )


def _run(waiting: Due, clock: Clock) -> bool:
    """Whether it was free to take."""
    lease = leasing.claim(waiting=waiting, at=clock())
    if lease is None:
        return False
    # Also what tells of a failure finds that the lease is lost.
    try:
        _work(lease, clock)
    except LeaseIsLost:
        _log.warning("job %s went to another worker", lease.job.public_id)
    return True


def _work(lease: Lease, clock: Clock) -> None:
    runner = runners.of(lease.job.kind)
    try:
        if runner is None:
            raise Refused(_("No part of Custos runs jobs of this kind."))
        outcome = runner(Run(lease, clock))
        leasing.finish(lease=lease, outcome=outcome, at=clock())
    except LeaseIsLost:
        raise
    except JobWasCanceled:
        leasing.stop(lease=lease, at=clock())
    except Refused as refusal:
        leasing.fail(lease=lease, message=str(refusal), at=clock())
    except Exception as defect:  # noqa: BLE001 -- one defect must not stop the queue
        # The type only: the text of a defect may hold content.
        _log.error("job %s failed: %s", lease.job.public_id, type(defect).__name__)
        sentence = _("Something went wrong on our side.")
        leasing.fail(lease=lease, message=sentence, at=clock())
