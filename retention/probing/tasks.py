"""Doorbells of the prober: what it has to look at lies in rows."""

from typing import Any

from celery import shared_task

from kit import clock
from retention.probing import services

_MINUTE = 60


@shared_task(name="retention.tasks.probe_closed_sweeps", time_limit=900)
def probe_closed_sweeps(**_: Any) -> None:
    """Beat rings here each minute: looks for leftovers of what was purged."""
    services.probe_closed_sweeps(at=clock.now())


@shared_task(name="retention.tasks.doom_strays", time_limit=900)
def doom_strays(**_: Any) -> None:
    """Beat rings here each minute: the whole store is looked through in some hours."""
    at = clock.now()
    services.doom_strays(part=int(at.timestamp()) // _MINUTE, at=at)
