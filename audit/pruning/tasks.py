"""Beat rings here each minute: entries older than the log's own retention go."""

from typing import Any

from celery import shared_task

from audit.pruning import services
from kit import clock


@shared_task(name="audit.tasks.prune_logs", time_limit=300)
def prune_logs(**_: Any) -> None:
    """Goes on with what is due; a lost ring makes it late."""
    services.work_due(at=clock.now())
