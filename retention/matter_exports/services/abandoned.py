"""Ends exports whose job is over without them, so that none is written for ever.

A job that killed its workers too often is not started again, and one that is canceled
while it waits never is: neither reaches the code that would end its export.
"""

from datetime import datetime

from django.db import connection

from retention.matter_exports.services import closing
from workspaces.jobs.models import JobState
from workspaces.tenancy.selectors import workspace_by_slug


def end_abandoned(*, at: datetime, limit: int = 50) -> int:
    """Marks them stopped where somebody canceled the job, failed otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_abandoned_exports(%s)", [limit])
        found = cursor.fetchall()
    for export, slug, state in found:
        end = closing.stop if state == JobState.CANCELED else closing.give_up
        end(export=export, workspace=workspace_by_slug(slug=slug), at=at)
    return len(found)
