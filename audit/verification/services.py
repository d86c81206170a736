"""Verifies a log, at once or by a worker, and exports it for others to verify.

A worker also verifies every log once a day without being asked, that of the
installation too. Nothing starts them together: each is due a day after its last one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO

from django.db.models import Q
from django.db.models.functions import Now

from audit import recording
from audit.log import storage
from audit.log.models import AuditFacet
from audit.log.selectors import Log, log_of
from audit.recording import Outcome, Target
from audit.verification import bundle
from audit.verification.bundle import Exported
from audit.verification.models import AuditVerification, State
from audit.verification.walk import Progress, Result, walk
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.permissions import Permission

AT_ONCE = 20_000
"""Entries that a page waits for; more of them are a worker's."""
EVERY = timedelta(days=1)
"""How old the newest result of a log may be before it is verified by itself."""
VERIFIER = Actor.system("verifier")
LEASE = timedelta(minutes=5)
"""How long a worker may say nothing; it tells every ten thousand entries."""
_FREE = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
# Of all organizations, ids only: each is then opened in its scope.
_DUE = """
select id, organization_id from audit_verification
 where state = 'due' and (leased_until is null or leased_until < now())
 order by id limit %s
"""
# One look at the newest row of each log: what waits is not asked for again.
_STALE = """
select l.organization_id from audit_log l left join lateral (
    select v.state, v.ended_at from audit_verification v
     where v.organization_id = l.organization_id
     order by v.requested_at desc, v.id desc limit 1) n on true
 where n.state is distinct from 'due'
   and coalesce(n.ended_at, l.opened_at) <= %s
 order by coalesce(n.ended_at, l.opened_at), l.organization_id limit %s
"""
_RESULT = (
    "state",
    "ended_at",
    "leased_until",
    "entries",
    "checked",
    "pruned",
    "finding",
    "bad_epoch",
    "first_bad_index",
)


def request(*, actor: Actor, log: Log, at: datetime) -> AuditVerification:
    """Verifies at once, or leaves a row that a worker takes up.

    One that waits already is returned.
    """
    actor.require(Permission.AUDIT_VERIFY)
    if _entries() <= AT_ONCE:
        return verify(actor=actor, log=log, at=at)
    return _left_to_a_worker(actor=actor, log=log, at=at)


def request_stale(*, at: datetime, limit: int = 10) -> int:
    """Leaves logs that nobody verified for a day to a worker; how many.

    Those that wait longest first, and a few at a time: the next tick takes the next.
    """
    found = storage.rows("sweeper", _STALE, at - EVERY, limit)
    one_by_one(found, lambda one: _request(*one, at=at), what="log of organization")
    return len(found)


def _request(organization_id: int, *, at: datetime) -> None:
    with scoping.organization(organization_id=organization_id):
        log = log_of(organization_id=organization_id)
        _left_to_a_worker(actor=VERIFIER, log=log, at=at)


def _left_to_a_worker(*, actor: Actor, log: Log, at: datetime) -> AuditVerification:
    waiting = AuditVerification.objects.exclude(state=State.DONE).first()
    if waiting is not None:
        return waiting
    row = AuditVerification.objects.create(
        organization_id=log.organization_id, requested_at=at, entries=_entries()
    )
    recording.record(
        actor=actor,
        action="audit.verification.requested",
        target=Target(kind="log", id=log.uuid),
        organization_id=log.organization_id,
        at=at,
    )
    return row


def verify(
    *,
    actor: Actor,
    log: Log,
    at: datetime,
    using: str = "default",
    progress: Progress = lambda _checked: None,
) -> AuditVerification:
    """Verifies now, and keeps and records the result.

    Inside the log's scope `using` stays as it is; a command reads a long log as the
    sequencer, which needs no scope and thus no long transaction.
    """
    actor.require(Permission.AUDIT_VERIFY)
    result = walk(log, using=using, progress=progress)
    row = AuditVerification(organization_id=log.organization_id, requested_at=at)
    return _ended(row, actor=actor, log=log, result=result, at=at)


def export(
    *, actor: Actor, log: Log, file: IO[bytes], at: datetime, using: str
) -> Exported:
    """Writes the evidence ZIP and records it; the record is not part of the export."""
    actor.require(Permission.AUDIT_EXPORT)
    exported = bundle.write(log, file=file, at=at, using=using)
    with scoping.organization(organization_id=log.organization_id):
        recording.record(
            actor=actor,
            action="audit.log.exported",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            at=at,
            counts={"entries": exported.entries},
        )
    return exported


def work_due(*, clock: Callable[[], datetime], limit: int = 10) -> int:
    """Verifies what was left to a worker and nobody is at; how many there were.

    A log that cannot even be walked (its files are damaged) keeps no other waiting: it
    is tried again once its lease is over.
    """
    found = storage.rows("sweeper", _DUE, limit)
    one_by_one(
        found, lambda one: _verify_requested(*one, clock=clock), what="verification"
    )
    return len(found)


def _verify_requested(
    row_id: int, organization_id: int, *, clock: Callable[[], datetime]
) -> None:
    if not _lease(row_id, organization_id, now=_FREE):
        return
    with scoping.organization(organization_id=organization_id):
        log = log_of(organization_id=organization_id)
        row = AuditVerification.objects.get(pk=row_id)

    def tell(checked: int) -> None:
        _lease(row_id, organization_id, now=Q(), checked=checked)

    result = walk(log, using="sequencer", progress=tell)
    _ended(row, actor=VERIFIER, log=log, result=result, at=clock())


def _lease(row_id: int, organization_id: int, *, now: Q, **told: int) -> bool:
    """Keeps others from a verification for a while; False where one has it."""
    with scoping.organization(organization_id=organization_id):
        rows = AuditVerification.objects.filter(now, pk=row_id, state=State.DUE)
        return bool(rows.update(leased_until=Now() + LEASE, **told))


def _ended(
    row: AuditVerification, *, actor: Actor, log: Log, result: Result, at: datetime
) -> AuditVerification:
    finding = result.finding
    row.state, row.ended_at, row.leased_until = State.DONE, at, None
    row.entries = row.checked = result.entries
    row.pruned = result.pruned
    if finding is not None:
        row.finding = finding.flaw
        row.bad_epoch, row.first_bad_index = finding.epoch, finding.index
    counts = {"entries": result.entries}
    if result.pruned:
        counts["pruned"] = result.pruned
    if finding is not None:
        counts |= {"epoch": finding.epoch, "first_bad_index": finding.index}
    with scoping.organization(organization_id=log.organization_id):
        if row.pk is not None and not _is_due(row):
            return row  # whoever took it up after the lease was faster
        row.save(update_fields=None if row.pk is None else _RESULT)
        recording.record(
            actor=actor,
            action="audit.log.verified",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            at=at,
            outcome=Outcome.ERROR if finding else Outcome.SUCCESS,
            counts=counts,
        )
    return row


def _is_due(row: AuditVerification) -> bool:
    rows = AuditVerification.objects.select_for_update()
    return rows.filter(pk=row.pk, state=State.DUE).exists()


def _entries() -> int:
    return AuditFacet.objects.count()
