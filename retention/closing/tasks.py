"""The doorbell of closings: goes on with what is due; a lost ring makes it late."""

from celery import shared_task

from kit import clock
from retention.closing import services


@shared_task(name="retention.tasks.work_closings", time_limit=300)
def work_closings(**_: object) -> None:
    """Go on with the closings that are due."""
    services.work_due(at=clock.now())
