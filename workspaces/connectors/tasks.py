"""The doorbells of grants: asks again whose rights changed, and revokes what is due.

A lost ring makes it late.
"""

from celery import shared_task

from kit import clock
from workspaces.connectors import services


@shared_task(name="workspaces.tasks.revoke_connector_grants", time_limit=300)
def revoke_connector_grants(**_: object) -> None:
    """Tell the sources of ended grants."""
    services.make_due(clock=clock.now)


@shared_task(name="workspaces.tasks.review_connector_grants", time_limit=300)
def review_connector_grants(**_: object) -> None:
    """End the grants of members who lost the right to a connector."""
    if services.review_due(clock=clock.now):
        services.make_due(clock=clock.now)
