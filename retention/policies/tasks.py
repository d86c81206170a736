"""The doorbell of drafts: what is due lies in rows, a lost ring only makes it late."""

from celery import shared_task

from kit import clock
from retention.policies.drafts import services
from retention.policies.listing import services as listing


@shared_task(name="retention.tasks.force_policies", time_limit=120)
def force_policies(**_: object) -> None:
    """Beat rings here each minute: lists that wait are written, drafts take force."""
    at = clock.now()
    listing.write_pending(at=at)
    services.force_due(at=at)
    listing.forget_old(at=at)
