"""Whose turn it is to show an epoch of the site's log to somebody outside.

A turn holds a lease by database time with a fencing number: a worker that stalls past
it keeps nothing. A failure only sets when to try again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from audit.anchors import rules
from audit.log.models import SITE
from kit import scoping

LEASE = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One row, as it was claimed, in the hands of one worker."""

    row: Any
    fence: int

    @property
    def held(self) -> QuerySet[Any]:
        """The row while nobody else claimed it; under the site's open scope."""
        model: Any = type(self.row)
        rows: QuerySet[Any] = model.objects.filter(
            epoch=self.row.epoch, fence=self.fence
        )
        return rows


def claimed(model: type[Model], *, epoch: int, at: datetime) -> Turn | None:
    """The row of an epoch, made where there is none; None while it is another's."""
    rows: Any = model
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with scoping.organization(organization_id=SITE):
        fresh = model(organization_id=SITE, epoch=epoch, due_at=at)
        rows.objects.bulk_create([fresh], ignore_conflicts=True)
        mine = rows.objects.filter(free, epoch=epoch, due_at__lte=at)
        row = mine.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        rows.objects.filter(epoch=epoch).update(
            fence=F("fence") + 1, leased_until=Now() + LEASE
        )
        return Turn(row=row, fence=row.fence + 1)


def ended(turn: Turn, *, at: datetime, **changes: Any) -> bool:
    """Keeps what a turn brought; False where another worker has the row now."""
    return bool(
        turn.held.update(
            due_at=at,
            leased_until=None,
            failures=0,
            failing_since=None,
            problem="",
            **changes,
        )
    )


def failed(turn: Turn, *, problem: str, at: datetime) -> bool:
    """Sets when to try again; False where another worker has the row now."""
    failures = turn.row.failures + 1
    return bool(
        turn.held.update(
            due_at=at + rules.wait_after(failures),
            leased_until=None,
            failures=failures,
            failing_since=turn.row.failing_since or at,
            problem=problem,
        )
    )
