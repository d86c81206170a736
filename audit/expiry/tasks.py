"""Beat rings here each minute: details of old entries go."""

from typing import Any

from celery import shared_task

from audit.expiry import services
from kit import clock


@shared_task(name="audit.tasks.expire_details", time_limit=300)
def expire_details(**_: Any) -> None:
    """Goes on with what is due; a lost ring makes it late."""
    services.work_due(at=clock.now())
