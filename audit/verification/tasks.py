"""The worker's part of verifications that no page waits for."""

from typing import Any

from celery import shared_task

from audit.verification import services
from kit import clock


@shared_task(name="audit.tasks.verify_due", time_limit=3_600)
def verify_due(**_: Any) -> None:
    """Verifies what waits, and what nobody verified for a day.

    Whoever died over one is followed after its lease.
    """
    services.request_stale(at=clock.now())
    services.work_due(clock=clock.now)
