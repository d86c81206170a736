"""Beat rings here each minute: the rules read what was sealed since."""

from typing import Any

from celery import shared_task

from audit.incidents import services
from kit import clock


@shared_task(name="audit.tasks.detect_incidents", time_limit=300)
def detect_incidents(**_: Any) -> None:
    """Reads on in every log with new entries."""
    services.detect_due(at=clock.now())
