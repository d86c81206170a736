"""Beat rings here: the rules read on, contacts are paged, webhooks called."""

from typing import Any

from celery import shared_task

from audit.incidents import services
from kit import clock


@shared_task(name="audit.tasks.detect_incidents", time_limit=300)
def detect_incidents(**_: Any) -> None:
    """Reads on in every log with new entries, and asks which are not sealed."""
    at = clock.now()
    services.open_refused(at=at)
    services.detect_due(at=at)


@shared_task(name="audit.tasks.page_incidents", time_limit=120)
def page_incidents(**_: Any) -> None:
    """Pages the next contacts about what nobody has acknowledged."""
    services.page_due(at=clock.now())


@shared_task(name="audit.tasks.call_about_incidents", time_limit=300)
def call_about_incidents(**_: Any) -> None:
    """Calls the webhooks that are due; on the queue of receivers, which may be slow."""
    services.call_due(at=clock.now())
