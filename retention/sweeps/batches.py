"""Answers how the batches of a sweep went, and how much was purged day by day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, Sum
from django.db.models.functions import TruncDate

from retention.sweeps.models import Sweep, SweepSlice


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One batch by its number, from 1; `planned` is how many it picked."""

    number: int
    kind: str
    planned: int
    purged: int
    held: int
    skipped: int
    failed: int
    took: timedelta
    is_done: bool
    is_next: bool


@dataclass(frozen=True, kw_only=True)
class Day:
    """What the sweeps of one day (UTC) did; `held` is what the fullest one met."""

    day: date
    purged: int
    held: int


def batches_of(*, sweep: Sweep) -> list[Batch]:
    """Every batch in the order of the plan; the first undone one comes next."""
    slices = list(
        SweepSlice.objects.filter(sweep=sweep)
        .defer("ids", "digest")
        .order_by("window_no", "id")
    )
    coming = next((one.pk for one in slices if one.done_at is None), None)
    return [
        Batch(
            number=number,
            kind=one.kind,
            planned=one.n,
            purged=one.purged,
            held=one.held,
            skipped=one.skipped,
            failed=one.failed,
            took=timedelta(milliseconds=one.took_ms),
            is_done=one.done_at is not None,
            is_next=one.pk == coming,
        )
        for number, one in enumerate(slices, start=1)
    ]


def by_day(*, days: int, at: datetime) -> list[Day]:
    """The last `days` days up to today, those without a sweep included."""
    first = at.date() - timedelta(days=days - 1)
    rows = (
        Sweep.objects.filter(purged_at__date__gte=first)
        .annotate(day=TruncDate("purged_at"))
        .values("day")
        # Each sweep meets the same held ones again: their sum would count them twice.
        .annotate(purged=Sum("purged_n"), held=Max("held_n"))
        .order_by("day")
    )
    found = {row["day"]: row for row in rows}
    return [
        Day(
            day=day,
            purged=found[day]["purged"] if day in found else 0,
            held=found[day]["held"] if day in found else 0,
        )
        for day in (first + timedelta(days=number) for number in range(days))
    ]


def is_alone(*, sweep: Sweep) -> bool:
    """Whether no other sweep purged on the days of this one: its entries are theirs."""
    last = sweep.ended_at or sweep.opened_at
    # One that still runs has no sum yet, but may have entries.
    others = Sweep.objects.exclude(pk=sweep.pk).filter(
        Q(purged_n__gt=0, ended_at__date__gte=sweep.opened_at.date())
        | Q(ended_at__isnull=True),
        opened_at__date__lte=last.date(),
    )
    return not others.exists()
