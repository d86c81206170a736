"""The doorbell of departure calls: makes what is due; a lost ring makes it late."""

from celery import shared_task

from kit import clock
from workspaces.offboarding import services


@shared_task(name="workspaces.tasks.make_departure_calls", time_limit=300)
def make_departure_calls(**_: object) -> None:
    """Make the calls to other servers that departures left."""
    services.make_due(clock=clock.now)
