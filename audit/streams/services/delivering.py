"""Sends what is due, one turn at a time, and moves the cursor behind it.

- A turn holds a lease by database time with a fencing number: a worker that stalls past
  it finds a higher fence at its next write and stops, having moved nothing.
- Nothing is sent inside a transaction. The cursor moves after the receiver confirmed,
  so that a worker killed at any point sends a batch again rather than never.
- A failure only sets when to try again. Nothing is queued: what a destination missed,
  however long it was down, is what lies beyond its cursor.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from audit.log.selectors import Log, log_of
from audit.query.rules import QueryRefused
from audit.streams import rules, sealing, selectors
from audit.streams.batches import Batch
from audit.streams.destinations.contract import NotDelivered, Settings
from audit.streams.destinations.registry import DELIVER
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream, State
from audit.streams.rules import Place
from audit.streams.selectors import Due
from audit.streams.services import watching
from kit import scoping
from kit.sealing import CannotOpen

LEASE = timedelta(seconds=120)
AT_ONCE = 50

Clock = Callable[[], datetime]
_chance = secrets.SystemRandom()


class LeaseIsLost(Exception):
    """Another worker holds the stream now."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A stream in the hands of one worker."""

    stream: AuditStream
    fence: int
    log: Log
    settings: Settings


def deliver_due(*, clock: Clock) -> int:
    """Gives every stream that is due one turn; returns how many had theirs."""
    waiting = selectors.due(at=clock(), limit=AT_ONCE)
    return sum(deliver_one(due=one, clock=clock) for one in waiting)


def deliver_one(*, due: Due, clock: Clock) -> bool:
    """One turn of one stream; False where another worker has it."""
    lease = _claimed(due)
    if lease is None:
        return False
    try:
        if lease.stream.test_asked_at is not None:
            _test(lease, clock=clock)
        if lease.stream.state == State.RUNNING:
            _flow(lease, clock=clock)
        else:
            _let_go(lease, at=clock())
    except LeaseIsLost:
        return False
    return True


def _claimed(due: Due) -> Lease | None:
    with scoping.organization(organization_id=due.organization_id):
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
        rows = AuditStream.objects.filter(free, pk=due.id)
        stream = rows.select_for_update(skip_locked=True).first()
        if stream is None:
            return None
        AuditStream.objects.filter(pk=stream.pk).update(
            fence=F("fence") + 1, leased_until=Now() + LEASE
        )
        log = log_of(organization_id=due.organization_id)
        try:
            settings = sealing.opened(stream.sealed, log=log, stream=stream.public_id)
        except (CannotOpen, sealing.KeyIsGone):
            settings = {}
        return Lease(stream=stream, fence=stream.fence + 1, log=log, settings=settings)


def _flow(lease: Lease, *, clock: Clock) -> None:
    """Sends batch after batch until all is sent, or the turn is over."""
    until = time.monotonic() + rules.TURN.total_seconds()
    while time.monotonic() < until:
        try:
            batch = _next(lease, at=clock())
            if batch is None:
                break
            confirmed = _delivered(batch, lease) if batch.entries else batch.through
        except (NotDelivered, QueryRefused) as failure:
            _failed(lease, str(failure), at=clock())
            return
        _advance(lease, batch, confirmed, at=clock())
    _let_go(lease, at=clock())


def _next(lease: Lease, *, at: datetime) -> Batch | None:
    with scoping.organization(organization_id=lease.log.organization_id):
        lease.stream.refresh_from_db(fields=["cursor_epoch", "cursor_index", "state"])
        if lease.stream.state != State.RUNNING:
            return None
        return selectors.next_batch(stream=lease.stream, log=lease.log, at=at)


def _delivered(batch: Batch, lease: Lease) -> Place:
    if not lease.settings:
        raise NotDelivered(_("The stored settings do not open. Enter them again."))
    return DELIVER[Kind(lease.stream.kind)](batch, lease.settings)


def _advance(lease: Lease, batch: Batch, confirmed: Place, *, at: datetime) -> None:
    places = [(one.epoch or 0, one.index or 0) for one in batch.entries]
    sent = sum(place <= confirmed for place in places)
    moved = {"sent": F("sent") + sent, "sent_at": at} if sent else {}
    with scoping.organization(organization_id=lease.log.organization_id):
        # A replay meanwhile moved the cursor elsewhere: it stays where that put it.
        held = _held(lease).filter(
            cursor_epoch=batch.after[0], cursor_index=batch.after[1]
        )
        if held.update(
            cursor_epoch=confirmed[0],
            cursor_index=confirmed[1],
            failures=0,
            failing_since=None,
            last_error="",
            leased_until=Now() + LEASE,
            **moved,
        ):
            watching.tell(stream=lease.stream, sent=sent, missing=batch.missing, at=at)
        elif not _held(lease).update(leased_until=Now() + LEASE):
            raise LeaseIsLost


def _failed(lease: Lease, sentence: str, *, at: datetime) -> None:
    failures = lease.stream.failures + 1
    wait = rules.delay(failures=failures, jitter=_chance.random())
    with scoping.organization(organization_id=lease.log.organization_id):
        rows = _held(lease).filter(state=State.RUNNING)
        if rows.update(
            failures=failures,
            failing_since=lease.stream.failing_since or at,
            last_error=sentence,
            due_at=at + wait,
            leased_until=None,
        ):
            watching.tell(stream=lease.stream, sent=0, missing=0, at=at)
        else:
            _held(lease).update(leased_until=None)


def _test(lease: Lease, *, clock: Clock) -> None:
    """Sends the test event, whether the stream runs or not; once, whatever comes."""
    at, stream = clock(), lease.stream
    batch = Batch(
        stream=stream.public_id,
        log=lease.log,
        format=Format(stream.format),
        entries=(),
        after=stream.cursor,
        through=stream.cursor,
        checkpoint="",
        at=at,
        is_test=True,
    )
    error = ""
    try:
        _delivered(batch, lease)
    except NotDelivered as failure:
        error = str(failure)
    with scoping.organization(organization_id=lease.log.organization_id):
        if not _held(lease).update(
            test_asked_at=None,
            tested_at=clock(),
            test_error=error,
            leased_until=Now() + LEASE,
        ):
            raise LeaseIsLost
        watching.tested(stream=stream, error=error, at=clock())


def _let_go(lease: Lease, *, at: datetime) -> None:
    with scoping.organization(organization_id=lease.log.organization_id):
        _held(lease).update(leased_until=None, due_at=at)


def _held(lease: Lease) -> QuerySet[AuditStream]:
    return AuditStream.objects.filter(pk=lease.stream.pk, fence=lease.fence)
