"""The doorbell of clearing: beat rings each hour; a lost ring only makes it late."""

from celery import shared_task

from kit import clock
from workspaces.signin.services import clearing


@shared_task(name="workspaces.tasks.clear_expired", time_limit=300)
def clear_expired(**_: object) -> None:
    """Clear sessions and spent assertions that have expired."""
    clearing.clear_expired(at=clock.now())
