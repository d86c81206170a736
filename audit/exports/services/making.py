"""Makes the exports that are due, and lets old files expire.

A worker holds an export by a lease in database time and by a number that rises with
each claim. Killed at any point, the row stays as it was: the next worker begins anew
after the lease, under another blob, and a blob that no row names is found as a stray.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from audit import recording
from audit.exports import files, rules, selectors
from audit.exports.models import AuditExport, Form, State
from audit.exports.services.asking import record
from audit.exports.writing import Writing
from audit.log.selectors import Log, log_of
from kit import scoping
from kit.actor import Actor
from kit.ids import new_uuid
from kit.one_by_one import one_by_one

EXPORTER = Actor.system("exporter")
LEASE = timedelta(seconds=60)
MOST_CLAIMS = 5
_TELL_SECONDS = 2.0

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)


class LeaseIsLost(Exception):
    """Another worker has this export now."""


class Digest:
    """Pieces on their way, hashed and counted."""

    def __init__(self) -> None:
        self._hash = sha256()
        self.size = 0

    def of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._hash.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def hex(self) -> str:
        """SHA-256 of what went by."""
        return self._hash.hexdigest()


def work_due(*, clock: Clock, limit: int = 100) -> int:
    """Makes what waits and drops what is past its days; how many it took."""
    found = selectors.due(at=clock(), limit=limit)
    one_by_one(found, lambda one: _work(one, clock=clock), what="export of the log")
    return len(found)


def _work(due: tuple[int, int, bool], *, clock: Clock) -> None:
    export_id, organization_id, is_old = due
    if is_old:
        _expire(export_id, organization_id, at=clock())
        return
    row = _claim(export_id, organization_id, at=clock())
    if row is not None:
        _make(row, clock=clock)


def _claim(export_id: int, organization_id: int, *, at: datetime) -> AuditExport | None:
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, leased_until__lt=Now())
    with scoping.organization(organization_id=organization_id):
        rows = AuditExport.objects.filter(free, pk=export_id)
        row = rows.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        if row.fence >= MOST_CLAIMS:
            _fail(row, at=at)
            return None
        AuditExport.objects.filter(pk=row.pk).update(
            state=State.RUNNING, fence=F("fence") + 1, leased_until=Now() + LEASE
        )
        row.refresh_from_db()
        return row


def _make(row: AuditExport, *, clock: Clock) -> None:
    blob = new_uuid()
    try:
        with scoping.organization(organization_id=row.organization_id):
            log = log_of(organization_id=row.organization_id)
        digest = _written(row, log, blob=blob)
        _finish(row, blob=blob, digest=digest, at=clock())
    except LeaseIsLost:
        _log.warning("export %s went to another worker", row.public_id)
        files.drop(blob)
    except Exception as defect:  # noqa: BLE001 -- one defect must not stop the others
        # The type only: the text of a defect may hold details of people.
        _log.error("export %s failed: %s", row.public_id, type(defect).__name__)
        files.drop(blob)
        with scoping.organization(organization_id=row.organization_id):
            _fail(row, at=clock())


def _written(row: AuditExport, log: Log, *, blob: UUID) -> Digest:
    writing = Writing(
        log,
        form=Form(row.form),
        query=row.query,
        workspace=row.workspace,
        at=row.requested_at,
    )
    digest = Digest()
    told_at = time.monotonic()
    _tell(row, done=0, total=writing.total)

    def progress(done: int) -> None:
        nonlocal told_at
        row.done = done
        if time.monotonic() - told_at >= _TELL_SECONDS:
            told_at = time.monotonic()
            _tell(row, done=done, total=writing.total)

    files.keep(digest.of(writing.pieces(progress=progress)), log=log, blob=blob)
    return digest


def _tell(row: AuditExport, *, done: int, total: int) -> None:
    with scoping.organization(organization_id=row.organization_id):
        kept = AuditExport.objects.filter(
            pk=row.pk, fence=row.fence, state=State.RUNNING
        ).update(done=done, total=total, leased_until=Now() + LEASE)
    if not kept:
        raise LeaseIsLost


def _finish(row: AuditExport, *, blob: UUID, digest: Digest, at: datetime) -> None:
    with scoping.organization(organization_id=row.organization_id):
        kept = AuditExport.objects.filter(
            pk=row.pk, fence=row.fence, state=State.RUNNING
        ).update(
            state=State.DONE,
            leased_until=None,
            ended_at=at,
            expires_at=rules.expires_at(made_at=at),
            blob_id=blob,
            byte_count=digest.size,
            done=row.done,
            total=row.done,
        )
        if not kept:
            raise LeaseIsLost
        record(
            row,
            actor=EXPORTER,
            action="audit.export.completed",
            at=at,
            counts={"entries": row.done, "bytes": digest.size},
            digests={"file": digest.hex},
        )


def _fail(row: AuditExport, *, at: datetime) -> None:
    kept = AuditExport.objects.filter(pk=row.pk, fence=row.fence).update(
        state=State.FAILED, leased_until=None, ended_at=at
    )
    if kept:
        record(
            row,
            actor=EXPORTER,
            action="audit.export.completed",
            at=at,
            outcome=recording.Outcome.ERROR,
        )


def _expire(export_id: int, organization_id: int, *, at: datetime) -> None:
    with scoping.organization(organization_id=organization_id):
        rows = AuditExport.objects.filter(pk=export_id, state=State.DONE)
        row = rows.select_for_update(skip_locked=True).first()
        if row is None or row.blob_id is None:
            return
        if not rules.is_over(expires_at=row.expires_at, at=at):
            return
        blob = row.blob_id
        rows.update(state=State.EXPIRED, blob_id=None)
        record(row, actor=EXPORTER, action="audit.export.expired", at=at)
    # Killed here, the file has no name any more and is found as a stray.
    files.drop(blob)
