"""Answers how a workspace stands to its promise right now, and over 90 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from django.db.models import Sum

from retention.deletions import lateness
from retention.deletions import selectors as deletions
from retention.promise import rules
from retention.promise.rules import Day, Stage
from retention.sweeps.models import Sweep, SweepCount, SweepSlice
from workspaces.tenancy.selectors import WorkspaceRef

DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What waits, against the promise; `purged` and `late` are of the last 90 days.

    `per_second` is the measured rate of purging in them, None before the first.
    """

    waiting: int
    overdue: int
    held: int
    oldest_at: datetime | None
    stage: Stage
    forecast: list[Day]
    purged: int
    late: int
    per_second: float | None

    @property
    def due_at(self) -> datetime | None:
        """When the oldest must be gone."""
        return None if self.oldest_at is None else self.oldest_at + rules.LIMIT

    @property
    def on_time(self) -> float | None:
        """The share that went in time."""
        return rules.on_time(purged=self.purged, late=self.late, overdue=self.overdue)


def standing(*, workspace: WorkspaceRef, at: datetime) -> Standing:
    """How the promise stands, in the open scope of the workspace."""
    found = deletions.waiting(workspace=workspace, at=at)
    others, oldest = lateness.days_of_others(workspace=workspace, at=at)
    days = [others[day] for day in range(max(others, default=-1) + 1)]
    by_day = tuple(map(sum, zip_longest(found.by_day, days, fillvalue=0)))
    moments = [one for one in (found.oldest_at, oldest) if one is not None]
    oldest_at = min(moments, default=None)
    overdue = lateness.waiting_for(
        workspace_ids=[workspace.id], days=rules.LIMIT.days, at=at
    )
    purged, late = _swept(since=at - timedelta(days=DAYS))
    return Standing(
        waiting=sum(by_day),
        overdue=overdue[workspace.id],
        held=found.held,
        oldest_at=oldest_at,
        stage=rules.stage(oldest_at=oldest_at, at=at),
        forecast=rules.forecast(by_day),
        purged=purged,
        late=late,
        per_second=_per_second(since=at - timedelta(days=DAYS)),
    )


def _swept(*, since: datetime) -> tuple[int, int]:
    lately = Sweep.objects.filter(purged_at__gte=since)
    sums = lately.aggregate(purged=Sum("purged_n"), late=Sum("late_n"))
    others = SweepCount.objects.filter(sweep__purged_at__gte=since)
    beside = others.aggregate(purged=Sum("purged_n"))["purged"] or 0
    purged = (sums["purged"] or 0) + beside
    return purged, min(sums["late"] or 0, purged)


def _per_second(*, since: datetime) -> float | None:
    done = SweepSlice.objects.filter(done_at__gte=since, purged__gt=0)
    sums = done.aggregate(purged=Sum("purged"), ms=Sum("took_ms"))
    return sums["purged"] * 1000 / sums["ms"] if sums["ms"] else None
