"""Beat rings here each minute: erasures of people from logs go on."""

from typing import Any

from celery import shared_task

from audit.erasure import services
from kit import clock


@shared_task(name="audit.tasks.erase_from_logs", time_limit=300)
def erase_from_logs(**_: Any) -> None:
    """Goes on with what is due; a lost ring makes it late."""
    services.work_due(at=clock.now())
