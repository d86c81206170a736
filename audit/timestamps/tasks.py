"""Beat rings here each minute; what is not timestamped yet is."""

from typing import Any

from celery import shared_task

from audit.timestamps import services
from kit import clock

_BATCHES = 20


@shared_task(name="audit.tasks.ask_timestamp", time_limit=120)
def ask_timestamp(**_: Any) -> None:
    """Has what waits timestamped, and hands the anchors what the authority said."""
    services.ask_due(clock=clock.now)
    for _batch in range(_BATCHES):
        if not services.cover():
            break
