"""Doorbells: what is due lives in rows, a lost ring only makes it late."""

from typing import Any

from celery import shared_task

from kit import clock
from retention.sweeps import services
from retention.sweeps.services import Outcome

BUDGET_SECONDS = 30.0
# Beat rings anew each minute; a chain of rings that waits ends before that.
MOST_WAITS = 50


@shared_task(name="retention.tasks.work_due", time_limit=120)
def work_due(**_: Any) -> None:
    """Beat rings here each minute: repairs, opens what is due, rings for each run."""
    at = clock.now()
    services.fail_abandoned_imports(at=at)
    services.doom_orphans(at=at)
    services.destroy_doomed(at=at)
    services.open_due_runs(at=at)
    for run_id in services.unfinished_runs():
        ring(run_id=run_id)


@shared_task(name="retention.tasks.work_run", time_limit=120)
def work_run(*, run_id: int, waits: int = 0, **_: Any) -> None:
    """Works on a run for a while, then rings again: at once, or after a wait."""
    outcome = services.work(run_id=run_id, budget_seconds=BUDGET_SECONDS, now=clock.now)
    if outcome is Outcome.MORE:
        ring(run_id=run_id)
    elif outcome is Outcome.WAITING and waits < MOST_WAITS:
        ring(run_id=run_id, waits=waits + 1)


def ring(*, run_id: int, waits: int = 0) -> None:
    """Asks any worker to go on with a run, in a second where it had to wait."""
    work_run.apply_async(
        kwargs={"run_id": run_id, "waits": waits},
        countdown=1 if waits else 0,
        expires=60,
    )
