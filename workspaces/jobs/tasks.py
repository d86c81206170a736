"""The doorbell of jobs: works on what is due; a lost ring only makes it late."""

from celery import shared_task

from kit import clock, doorbell
from workspaces.jobs import services


@shared_task(name="workspaces.tasks.run_jobs", time_limit=3600)
def run_jobs(**_: object) -> None:
    """Run the jobs that nobody works on, and take what old ones left."""
    services.run_due(clock=clock.now)
    services.expire(at=clock.now())


def ring() -> None:
    """Let a worker begin once what asked for the job has committed."""
    doorbell.ring_on_commit(run_jobs.delay)
