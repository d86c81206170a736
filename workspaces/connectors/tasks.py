"""The doorbell of ended grants: revokes what is due; a lost ring makes it late."""

from celery import shared_task

from kit import clock
from workspaces.connectors import services


@shared_task(name="workspaces.tasks.revoke_connector_grants", time_limit=300)
def revoke_connector_grants(**_: object) -> None:
    """Tell the sources of ended grants."""
    services.make_due(clock=clock.now)
