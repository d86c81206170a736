"""The doorbell of drafts: what is due lies in rows, a lost ring only makes it late."""

from celery import shared_task

from kit import clock
from retention.policies.drafts import services


@shared_task(name="retention.tasks.force_policies", time_limit=120)
def force_policies(**_: object) -> None:
    """Beat rings here each minute: drafts whose time has come take force."""
    services.force_due(at=clock.now())
