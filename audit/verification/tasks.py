"""The worker's part of verifications that no page waits for."""

from typing import Any

from celery import shared_task

from audit.verification import services
from kit import clock


@shared_task(name="audit.tasks.verify_due", time_limit=3_600)
def verify_due(**_: Any) -> None:
    """Verifies what waits; whoever died over one is followed after its lease."""
    services.work_due(clock=clock.now)
