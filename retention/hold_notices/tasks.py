"""The doorbell of reminders to custodians; a lost ring only makes them late."""

from celery import shared_task

from kit import clock
from retention.hold_notices import services


@shared_task(name="retention.tasks.remind_custodians", time_limit=120)
def remind_custodians(**_: object) -> None:
    """Remind the custodians whose reminder is due."""
    services.remind_due(at=clock.now())
