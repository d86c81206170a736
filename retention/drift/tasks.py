"""The doorbell of comparisons: a lost ring only makes one late."""

from celery import shared_task

from kit import clock
from retention.drift import services


@shared_task(name="retention.tasks.settle_purge_lists", time_limit=120)
def settle_purge_lists(**_: object) -> None:
    """Beat rings here each minute: lists whose first sweep has purged are compared."""
    services.settle(at=clock.now())
