"""Makes the calls to other servers that departures left, each held by a lease.

A claim is one short transaction and the call is made outside of any, so that a slow
server holds no row. A worker that stalls past its lease finds a higher fence when it
wants to write, and leaves the row to the other one; a caller may therefore be asked
twice for the same call.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from kit import departures, scoping
from kit.one_by_one import one_by_one
from workspaces.offboarding import rules
from workspaces.offboarding.models import DepartureCall

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Due:
    """A call that waits for a worker."""

    id: int
    workspace_id: int
    organization_id: int


def make_due(*, clock: Clock, limit: int = 50) -> int:
    """Make up to `limit` calls that are due; returns how many were made."""
    due = _due(at=clock(), limit=limit)
    return one_by_one(due, lambda one: _make(one, clock), what="departure call")


def _due(*, at: datetime, limit: int) -> list[_Due]:
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_departure_calls(%s, %s)", [at, limit])
        return [
            _Due(id=row[0], workspace_id=row[1], organization_id=row[2])
            for row in cursor.fetchall()
        ]


def _make(waiting: _Due, clock: Clock) -> int:
    call = _claimed(waiting, at=clock())
    if call is None:
        return 0
    make = departures.caller_of(call.kind)
    try:
        if make is None:
            raise departures.CallFailed(call.kind)
        make(call.arguments)
    except Exception as error:  # noqa: BLE001 -- one defect must not stop the others
        # The type only: the text of an error may hold what the server answered.
        _log.warning("departure call %s failed: %s", call.pk, type(error).__name__)
        _wait(waiting, call, at=clock())
        return 0
    return _let_go(waiting, call, made_at=clock())


def _claimed(waiting: _Due, *, at: datetime) -> DepartureCall | None:
    with _open(waiting):
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
        call = (
            DepartureCall.objects.filter(
                free,
                pk=waiting.id,
                due_at__lte=at,
                made_at__isnull=True,
                given_up_at__isnull=True,
            )
            .select_for_update(skip_locked=True)
            .first()
        )
        if call is None:
            return None
        DepartureCall.objects.filter(pk=call.pk).update(
            fence=F("fence") + 1,
            tries=F("tries") + 1,
            leased_until=Now() + rules.LEASE,
        )
        call.refresh_from_db()
        return call


def _wait(waiting: _Due, call: DepartureCall, *, at: datetime) -> None:
    wait = rules.wait_after(call.tries)
    if wait is None:
        _let_go(waiting, call, given_up_at=at)
    else:
        _let_go(waiting, call, due_at=at + wait)


def _let_go(waiting: _Due, call: DepartureCall, **columns: datetime) -> int:
    with _open(waiting):
        held = DepartureCall.objects.filter(pk=call.pk, fence=call.fence)
        return held.update(leased_until=None, **columns)


def _open(waiting: _Due) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=waiting.workspace_id, organization_id=waiting.organization_id
    )
