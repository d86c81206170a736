"""Beat rings here: what was refused again becomes an entry."""

from typing import Any

from celery import shared_task

from audit.denials import services
from kit import clock


@shared_task(name="audit.tasks.gather_denials", time_limit=120)
def gather_denials(**_: Any) -> None:
    """Writes the entries of sources whose minute is over."""
    services.close_due(at=clock.now())
