"""Doorbells: what is due lives in rows, a lost ring only makes it late."""

from collections.abc import Callable
from typing import Any

from celery import shared_task

from kit import clock
from kit.one_by_one import one_by_one
from retention.sweeps import services
from retention.sweeps.breaker import services as breaker
from retention.sweeps.models import Lane
from retention.sweeps.services import Outcome

# Who waits behind a turn in the slow lane waits this long at most.
TURN_SECONDS = {Lane.FAST: 30.0, Lane.SLOW: 5.0}
QUEUES = {Lane.FAST: "due", Lane.SLOW: "slow"}
# How many workers share a run that purges, on however many machines.
WORKERS_OF_A_RUN = 4
# Beat rings anew each minute; a chain of rings ends with the minute it was rung in.
MOST_WAITS = 50
_CHAIN_SECONDS = 60


@shared_task(name="retention.tasks.work_due", time_limit=120)
def work_due(**_: Any) -> None:
    """Beat rings here each minute: repairs, opens what is due, rings for each run."""
    at = clock.now()
    steps: dict[str, Callable[..., object]] = {
        "imports": services.fail_abandoned_imports,
        "orphans": services.doom_orphans,
        "dooms": services.destroy_doomed,
        "runs": services.open_due_runs,
        "stops": breaker.tell_of_stops,
    }

    def take(name: str) -> None:
        steps[name](at=at)

    one_by_one(steps, take, what="step of a tick", is_whole=True)
    for run in services.unfinished_runs():
        for _worker in range(WORKERS_OF_A_RUN if run.is_purging else 1):
            ring(run_id=run.id, lane=run.lane)


@shared_task(name="retention.tasks.examine_sweeps", time_limit=120)
def examine_sweeps(**_: Any) -> None:
    """Beat rings here each minute: incidents where deleting does not go as it must."""
    services.examine(at=clock.now())


@shared_task(name="retention.tasks.vacuum_after_large_runs", time_limit=3600)
def vacuum_after_large_runs(**_: Any) -> None:
    """Beat rings here each minute; usually no large run has just ended."""
    services.vacuum_after_large_runs(at=clock.now())


@shared_task(name="retention.tasks.work_run", time_limit=120)
def work_run(*, run_id: int, turns: int = 0, waits: int = 0, **_: Any) -> None:
    """Works on a run for a turn, then rings again: at once, or after a wait."""
    lane = services.lane_of(run_id=run_id)
    seconds = TURN_SECONDS[lane]
    outcome = services.work(run_id=run_id, budget_seconds=seconds, now=clock.now)
    # By now the plan may have made it a large one.
    lane = services.lane_of(run_id=run_id)
    if outcome is Outcome.MORE and (turns + 1) * seconds < _CHAIN_SECONDS:
        ring(run_id=run_id, lane=lane, turns=turns + 1)
    elif outcome is Outcome.WAITING and waits < MOST_WAITS:
        ring(run_id=run_id, lane=lane, turns=turns, waits=waits + 1)


def ring(
    *, run_id: int, lane: Lane = Lane.FAST, turns: int = 0, waits: int = 0
) -> None:
    """Asks any worker to go on with a run, in a second where it had to wait."""
    work_run.apply_async(
        kwargs={"run_id": run_id, "turns": turns, "waits": waits},
        queue=QUEUES[lane],
        countdown=1 if waits else 0,
        expires=_CHAIN_SECONDS,
    )
