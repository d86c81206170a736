"""Claims a job for one worker and keeps it, by database time and a fencing number.

A worker that stalls past its lease finds a higher fence at its next write and stops;
its effects up to then are those of an idempotent runner. Each verb is one short
transaction, so that a long job never holds one open.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from kit import scoping
from workspaces.jobs.models import Job, JobState
from workspaces.jobs.runners import Outcome

LEASE = timedelta(seconds=60)
MOST_CLAIMS = 5


class LeaseIsLost(Exception):
    """Another worker holds the job now."""


class JobWasCanceled(Exception):
    """Somebody asked the job to stop."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A job that waits for a worker."""

    id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A job in the hands of one worker."""

    job: Job
    fence: int


def due(*, limit: int) -> list[Due]:
    """Jobs of all organizations that nobody works on, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_jobs(%s)", [limit])
        return [Due(id=row[0], organization_id=row[1]) for row in cursor.fetchall()]


def claim(*, waiting: Due, at: datetime) -> Lease | None:
    """The job, unless another worker was faster or it has nothing left to do."""
    with scoping.organization(organization_id=waiting.organization_id):
        free = Q(state=JobState.QUEUED) | Q(
            state=JobState.RUNNING, leased_until__lt=Now()
        )
        job = (
            Job.objects.filter(free, pk=waiting.id)
            .select_for_update(skip_locked=True)
            .first()
        )
        if job is None:
            return None
        if job.cancel_requested_at is not None:
            _end(job, JobState.CANCELED, at=at)
            return None
        if job.fence >= MOST_CLAIMS:
            _end(job, JobState.FAILED, at=at, message=_("It was started too often."))
            return None
        Job.objects.filter(pk=job.pk).update(
            state=JobState.RUNNING,
            fence=F("fence") + 1,
            leased_until=Now() + LEASE,
            started_at=Coalesce("started_at", at),
        )
        job.refresh_from_db()
        return Lease(job=job, fence=job.fence)


def keep(*, lease: Lease, done: int, total: int | None, message: str) -> None:
    """Tell how far the job is and hold it for another while."""
    with scoping.organization(organization_id=lease.job.organization_id):
        kept = _held(lease).update(
            done=done, total=total, message=message, leased_until=Now() + LEASE
        )
        if not kept:
            raise LeaseIsLost
        if _held(lease).filter(cancel_requested_at__isnull=False).exists():
            raise JobWasCanceled


def finish(*, lease: Lease, outcome: Outcome, at: datetime) -> None:
    """Store the result and let go."""
    _let_go(
        lease,
        state=JobState.DONE,
        ended_at=at,
        message=outcome.message,
        result_blob_id=outcome.blob_id,
        result_name=outcome.file_name,
    )


def fail(*, lease: Lease, message: str, at: datetime) -> None:
    """Give up for good, with a sentence that says why."""
    _let_go(lease, state=JobState.FAILED, ended_at=at, message=message)


def stop(*, lease: Lease, at: datetime) -> None:
    """End a job that was asked to stop."""
    _let_go(lease, state=JobState.CANCELED, ended_at=at)


def _held(lease: Lease) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=lease.job.pk, fence=lease.fence, state=JobState.RUNNING
    )


def _let_go(lease: Lease, **columns: object) -> None:
    with scoping.organization(organization_id=lease.job.organization_id):
        if not _held(lease).update(leased_until=None, **columns):
            raise LeaseIsLost


def _end(job: Job, state: JobState, *, at: datetime, message: str = "") -> None:
    job.state, job.ended_at, job.leased_until = state, at, None
    job.message = message or job.message
    job.save(update_fields=["state", "ended_at", "leased_until", "message"])
