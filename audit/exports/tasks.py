"""The doorbell of exports; a lost ring only makes one late."""

from typing import Any

from celery import shared_task

from audit.exports import services
from kit import clock, doorbell


@shared_task(name="audit.tasks.work_exports", time_limit=3_600)
def work_exports(**_: Any) -> None:
    """Makes the exports that wait, and drops old files."""
    services.work_due(clock=clock.now)


def ring() -> None:
    """Lets a worker begin once what asked for the export has committed."""
    doorbell.ring_on_commit(work_exports.delay)
