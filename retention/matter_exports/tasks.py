"""The doorbell of exports whose job is over; a lost ring only makes it late."""

from celery import shared_task

from kit import clock
from retention.matter_exports import services


@shared_task(name="retention.tasks.end_abandoned_exports", time_limit=120)
def end_abandoned_exports(**_: object) -> None:
    """End the exports that nobody writes any more."""
    services.end_abandoned(at=clock.now())
