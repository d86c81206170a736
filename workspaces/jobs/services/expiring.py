"""Takes what old jobs left and were given: files, and lists of people.

The row stays, so that the list of jobs still tells what was done.
"""

from datetime import datetime

from django.db import connection

from kit import scoping
from kit.actor import Actor
from kit.blobs.configured import store
from kit.one_by_one import one_by_one
from workspaces.jobs import rules
from workspaces.jobs.models import Job
from workspaces.jobs.services.asking import record

WORKER = Actor.system("jobs")


def expire(*, at: datetime, limit: int = 1_000) -> int:
    """Takes what is past its days, of all organizations; of how many jobs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select * from custos_expired_jobs(%s, %s)",
            [rules.ended_before(at=at), limit],
        )
        found = cursor.fetchall()
    return one_by_one(found, lambda one: _expire(*one, at=at), what="leavings of job")


def _expire(job_id: int, organization_id: int, *, at: datetime) -> bool:
    with scoping.organization(organization_id=organization_id):
        rows = Job.objects.filter(pk=job_id).select_related("workspace")
        job = rows.select_for_update(of=("self",), skip_locked=True).first()
        if job is None or not (job.result_blob_id or job.arguments):
            return False
        blob = job.result_blob_id
        job.arguments, job.result_blob_id, job.result_name = {}, None, ""
        job.save(update_fields=["arguments", "result_blob_id", "result_name"])
        here = job.workspace.public_id if job.workspace else None
        record(WORKER, "workspaces.job.expired", job, workspace=here, at=at)
    # Killed here, the file has no name any more and is found as a stray.
    if blob is not None:
        store().delete(blob)
    return True
