"""Ends exports whose job is over without them, so that none is written for ever.

A job that killed its workers too often is not started again, and one that is canceled
while it waits never is: neither reaches the code that would end its export.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection

from kit.one_by_one import one_by_one
from retention.matter_exports.services import closing
from workspaces.jobs.models import JobState
from workspaces.tenancy.selectors import workspace_by_slug


def end_abandoned(*, at: datetime, limit: int = 1_000) -> int:
    """Marks them stopped where somebody canceled the job, failed otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_abandoned_exports(%s)", [limit])
        found = cursor.fetchall()
    one_by_one(found, lambda one: _end(*one, at=at), what="abandoned export")
    return len(found)


def _end(export: UUID, slug: str, state: str, *, at: datetime) -> None:
    end = closing.stop if state == JobState.CANCELED else closing.give_up
    end(export=export, workspace=workspace_by_slug(slug=slug), at=at)
