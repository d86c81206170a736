"""The doorbell of erasures: goes on with what is due; a lost ring makes it late."""

from celery import shared_task

from kit import clock
from retention.erasure import services


@shared_task(name="retention.tasks.work_erasures", time_limit=300)
def work_erasures(**_: object) -> None:
    """Go on with the erasures that are due."""
    services.work_due(at=clock.now())


def ring() -> None:
    """Asks any worker to begin at once."""
    work_erasures.apply_async(expires=60)
