"""Answers how a sweep stands, for its page and for commands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from retention.sweeps.kinds import CONVERSATIONS
from retention.sweeps.models import (
    FINISHED,
    Doom,
    DoomKind,
    Sweep,
    SweepCount,
    SweepSlice,
    SweepState,
)


class Stage(StrEnum):
    """The five stages of a sweep, in their order."""

    PLAN = "plan"
    SEAL = "seal"
    PURGE = "purge"
    DESTROY = "destroy"
    CLOSE = "close"


@dataclass(frozen=True, kw_only=True)
class StageView:
    """One stage; `ended_at` is set once it is done."""

    stage: Stage
    ended_at: datetime | None
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a sweep is; numbers are of conversations unless they say otherwise.

    `held` counts what holds keep, found when planning or purging; `skipped` was
    planned and is no longer due; `failed` stayed locked and waits for a next sweep.
    """

    stages: list[StageView]
    planned: int
    purged: int
    held: int
    skipped: int
    failed: int
    batches: int
    batches_done: int
    keys: int
    keys_destroyed: int
    files: int
    files_destroyed: int
    per_second: float | None
    ends_in: timedelta | None
    is_finished: bool

    @property
    def remaining(self) -> int:
        """Planned and not yet decided."""
        return self.planned - self.purged - self.skipped - self.failed


def sweeps() -> QuerySet[Sweep]:
    """The sweeps of the open workspace, to order by (-opened_at, -id)."""
    return Sweep.objects.all()


def sweep_by_public_id(*, public_id: UUID) -> Sweep:
    """One sweep of the open workspace; Sweep.DoesNotExist otherwise."""
    return Sweep.objects.get(public_id=public_id)


def running_sweep() -> Sweep | None:
    """The newest sweep of the open workspace whose receipt is not signed yet."""
    return Sweep.objects.exclude(state__in=FINISHED).order_by("-id").first()


def first_since(*, at: datetime) -> Sweep | None:
    """The first sweep of the open workspace that was opened at `at` or later."""
    found = Sweep.objects.filter(opened_at__gte=at)
    return found.order_by("opened_at", "id").first()


def sweep_progress(*, sweep: Sweep) -> Progress:
    """Everything that the page of a sweep polls."""
    of_conversations = Q(kind=CONVERSATIONS)
    done = SweepSlice.objects.filter(sweep=sweep).aggregate(
        batches=Count("id"),
        batches_done=Count("id", filter=Q(done_at__isnull=False)),
        purged=Sum("purged", filter=of_conversations, default=0),
        held=Sum("held", filter=of_conversations, default=0),
        skipped=Sum("skipped", filter=of_conversations, default=0),
        failed=Sum("failed", filter=of_conversations, default=0),
        took_ms=Sum("took_ms", default=0),
        keys_left=Sum("keys", filter=Q(keys_destroyed_at=None), default=0),
        keys=Sum("keys", default=0),
    )
    files = Doom.objects.filter(sweep=sweep, kind=DoomKind.BLOB).aggregate(
        doomed=Count("id"), destroyed=Count("destroyed_at")
    )
    is_summed = sweep.purged_at is not None
    seconds = done["took_ms"] / 1000
    rate = done["purged"] / seconds if seconds and done["purged"] else None
    remaining = sweep.planned_n - done["purged"] - done["skipped"] - done["failed"]
    return Progress(
        stages=_stages(sweep),
        planned=sweep.planned_n,
        purged=done["purged"],
        # Held ones found when planning are on the sweep; the sum adds the others.
        held=sweep.held_n + (0 if is_summed else done["held"]),
        skipped=done["skipped"],
        failed=done["failed"],
        batches=done["batches"],
        batches_done=done["batches_done"],
        keys=done["keys"],
        keys_destroyed=done["keys"] - done["keys_left"],
        files=files["doomed"],
        files_destroyed=files["destroyed"],
        per_second=rate,
        ends_in=timedelta(seconds=remaining / rate) if rate and not is_summed else None,
        is_finished=sweep.state in FINISHED,
    )


def others(*, sweep: Sweep) -> list[SweepCount]:
    """What the sweep meets of each kind beside conversations, as far as it is."""
    found = list(SweepCount.objects.filter(sweep=sweep).order_by("kind"))
    if sweep.purged_at is None:
        done = _done_by_kind(sweep)
        for one in found:
            one.purged_n, held, one.skipped_n, one.failed_n = done.get(
                one.kind, (0, 0, 0, 0)
            )
            one.held_n += held
    return found


def _done_by_kind(sweep: Sweep) -> dict[str, tuple[int, ...]]:
    rows = (
        SweepSlice.objects.filter(sweep=sweep)
        .values_list("kind")
        .annotate(Sum("purged"), Sum("held"), Sum("skipped"), Sum("failed"))
        .order_by("kind")
    )
    return {kind: tuple(numbers) for kind, *numbers in rows}


def _stages(sweep: Sweep) -> list[StageView]:
    ended = {
        Stage.PLAN: sweep.planned_at,
        Stage.SEAL: sweep.sealed_at,
        Stage.PURGE: sweep.purged_at,
        Stage.DESTROY: sweep.destroyed_at,
        Stage.CLOSE: sweep.ended_at if sweep.state == SweepState.CLOSED else None,
    }
    current = next((stage for stage, at in ended.items() if at is None), None)
    return [
        StageView(stage=stage, ended_at=at, is_current=stage is current)
        for stage, at in ended.items()
    ]
