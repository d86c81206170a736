"""The doorbell of notices: sends what is due; a lost ring only makes it late."""

from celery import shared_task

from kit import clock
from workspaces.notices import services


@shared_task(name="workspaces.tasks.send_notices", time_limit=300)
def send_notices(**_: object) -> None:
    """Send the notices that are due."""
    services.send_due(at=clock.now())
