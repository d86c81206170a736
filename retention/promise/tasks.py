"""The tick that watches the promise."""

from typing import Any

from celery import shared_task

from kit import clock
from retention.promise import services


@shared_task(name="retention.tasks.watch_promise", time_limit=300)
def watch_promise(**_: Any) -> None:
    """Beat rings here every five minutes."""
    services.watch_all(at=clock.now())
