"""Doorbell of the canaries: what is planted and what is due lies in rows."""

from typing import Any

from celery import shared_task

from kit import clock
from retention.canaries import services


@shared_task(name="retention.tasks.tend_canaries", time_limit=300)
def tend_canaries(**_: Any) -> None:
    """Beat rings here every ten minutes: plants, and reports what outlived its time."""
    at = clock.now()
    services.report_overdue(at=at)
    services.plant(at=at)
