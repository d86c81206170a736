"""Keeps the hours of a stream, and says once when it is late, and when it lost some."""

from datetime import datetime, timedelta

from django.db import connection

from audit import recording
from audit.recording import Outcome, Target
from audit.streams import selectors
from audit.streams.models import AuditStream, AuditStreamSample, State
from audit.streams.rules import Standing
from kit.actor import Actor

STREAMER = Actor.system("streamer")
_KEPT = timedelta(days=31)

_SAMPLE = """
insert into audit_stream_sample (organization_id, stream_id, hour, sent, behind)
values (%s, %s, %s, %s, %s)
on conflict (organization_id, stream_id, hour) do update
   set sent = audit_stream_sample.sent + excluded.sent,
       behind = greatest(audit_stream_sample.behind, excluded.behind)
"""


def tell(*, stream: AuditStream, sent: int, missing: int, at: datetime) -> None:
    """Keeps what happened in this hour, and what of it somebody must know."""
    stream.refresh_from_db()
    found = selectors.progress_of(
        streams=[stream], organization_id=stream.organization_id, at=at
    )[stream.pk]
    _sample(stream, sent=sent, behind=found.behind, at=at)
    if missing:
        _record(stream, "audit.stream.gap-found", {"missing": missing}, at=at)
    is_late = found.standing is Standing.LATE
    if is_late and stream.alarmed_at is None and stream.state == State.RUNNING:
        AuditStream.objects.filter(pk=stream.pk).update(alarmed_at=at)
        _record(stream, "audit.stream.fell-behind", {"behind": found.behind}, at=at)
    elif not is_late and stream.alarmed_at is not None:
        AuditStream.objects.filter(pk=stream.pk).update(alarmed_at=None)
        _record(stream, "audit.stream.caught-up", {}, at=at)


def tested(*, stream: AuditStream, error: str, at: datetime) -> None:
    """Records how a test event ended."""
    recording.record(
        actor=STREAMER,
        action="audit.stream.tested",
        target=Target(kind="stream", id=stream.public_id),
        organization_id=stream.organization_id,
        workspace=stream.workspace,
        outcome=Outcome.ERROR if error else Outcome.SUCCESS,
        details={"error": error} if error else {},
        at=at,
    )


def _sample(stream: AuditStream, *, sent: int, behind: int, at: datetime) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, [stream.organization_id, stream.pk, hour, sent, behind])
    old = AuditStreamSample.objects.filter(stream_id=stream.pk, hour__lt=at - _KEPT)
    old.delete()


def _record(
    stream: AuditStream, action: str, counts: dict[str, int], *, at: datetime
) -> None:
    is_bad = action != "audit.stream.caught-up"
    recording.record(
        actor=STREAMER,
        action=action,
        target=Target(kind="stream", id=stream.public_id),
        organization_id=stream.organization_id,
        workspace=stream.workspace,
        outcome=Outcome.ERROR if is_bad else Outcome.SUCCESS,
        counts=counts,
        details={"name": stream.name, "host": stream.host},
        at=at,
    )
