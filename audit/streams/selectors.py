"""Which streams there are, how far each is, and what the log holds beyond."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.explorer.selectors import Shown
from audit.formats import reading
from audit.log import storage
from audit.log.pruned import Boundary
from audit.log.selectors import Log, log_of
from audit.pruning import selectors as pruning
from audit.query import rules as queries
from audit.streams import rules, sealing
from audit.streams.batches import Batch
from audit.streams.kinds import DESTINATIONS, Format, Kind
from audit.streams.models import AuditStream, AuditStreamSample, State
from audit.streams.rules import Place, Standing
from kit.formatting import grouped
from kit.refusals import Refused

BATCH = 500
BATCH_BYTES = 1_048_576
PART = 512
"""Places of a block that go together at most, where a batch is cut by block."""
CHART_HOURS = 24
GAP_SHOWN = timedelta(days=7)
"""How long the overview tells of a gap that nobody acknowledged."""


class NoSuchStream(Refused):
    """There is no such stream here."""

    status = 404


class NoSuchEntry(Refused):
    """The log has no entry at this place, and none comes next there."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest sealed entry and the checkpoint over it."""

    place: Place
    note: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a stream is; `since` is from when on its oldest entry waits."""

    behind: int
    since: datetime | None
    standing: Standing


_HEAD = """
select epoch, first + n - 1, note from audit_block where organization_id = %s
 order by epoch desc, first desc limit 1
"""
_BLOCK = """
select first, first + n - 1, note from audit_block
 where organization_id = %s and epoch = %s and first <= %s
 order by first desc limit 1
"""
_SIZES = """
select e.epoch, b.size from generate_series(1, (select epoch from audit_sequencer))
       e(epoch) cross join lateral (
    select first + n as size from audit_block
     where organization_id = %s and epoch = e.epoch order by first desc limit 1) b
"""
_NEXT = """
select s.id, f.epoch, f.index, f.at from audit_stream s cross join lateral (
    select epoch, index, at from audit_facet
     where organization_id = s.organization_id
       and (epoch, index) > (s.cursor_epoch, s.cursor_index)
     order by epoch, index limit 1) f
 where s.id = any(%s)
"""
_GAPS = """
select target_id, max(at) from audit_facet
 where organization_id = %s and action = 'audit.stream.gap-found' and at >= %s
 group by target_id
"""
_GAP = """
select max(f.at), coalesce(sum((
       convert_from(e.leaf, 'UTF8')::jsonb #>> '{counts,missing}')::bigint), 0)
  from audit_facet f
  left join audit_entry e on e.id = f.entry_id and e.organization_id = f.organization_id
 where f.organization_id = %s and f.action = 'audit.stream.gap-found'
   and f.target_id = %s
"""
_DUE = "select * from custos_due_streams(%s, %s)"


def listed(*, workspace: UUID | None) -> list[AuditStream]:
    """The streams of an organization, or of one of its workspaces, by name."""
    rows = AuditStream.objects.all()
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    return list(rows.order_by("name", "id"))


def one(*, stream: UUID, workspace: UUID | None) -> AuditStream:
    """One of them; NoSuchStream where it is another's."""
    rows = AuditStream.objects.filter(public_id=stream)
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    found = rows.first()
    if found is None:
        raise NoSuchStream(_("There is no such stream here."))
    return found


def settings_of(stream: AuditStream) -> dict[str, str]:
    """What its destination is told, secrets included: never for a page as a whole."""
    log = log_of(organization_id=stream.organization_id)
    return sealing.opened(stream.sealed, log=log, stream=stream.public_id)


def head_of(*, organization_id: int) -> Head | None:
    """The newest head of a log."""
    found = storage.rows("default", _HEAD, organization_id)
    return Head(place=found[0][:2], note=found[0][2]) if found else None


def sizes_of(*, organization_id: int) -> dict[int, int]:
    """How many entries each epoch of a log has."""
    return dict(storage.rows("default", _SIZES, organization_id))


def progress_of(
    *, streams: Sequence[AuditStream], organization_id: int, at: datetime
) -> dict[int, Progress]:
    """How far each of these streams is, by its row, in two statements."""
    if not streams:
        return {}
    sizes = sizes_of(organization_id=organization_id)
    waiting = {row[0]: row[3] for row in _next([one.pk for one in streams])}
    return {one.pk: _progress(one, sizes, waiting.get(one.pk), at) for one in streams}


def _progress(
    stream: AuditStream, sizes: dict[int, int], waiting: datetime | None, at: datetime
) -> Progress:
    since = waiting and rules.late_since(
        waiting_since=waiting, started_at=stream.started_at
    )
    return Progress(
        behind=rules.behind(stream.cursor, sizes=sizes),
        since=since,
        standing=rules.standing(
            is_running=stream.state == State.RUNNING,
            is_failing=stream.failures > 0,
            since=since,
            at=at,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A stream that somebody must look at: late, or with entries gone lately."""

    stream: UUID
    name: str
    workspace: UUID | None
    late_since: datetime | None
    gap_at: datetime | None


def alarms(*, organization_id: int, workspace: UUID, at: datetime) -> list[Alarm]:
    """Those of a workspace and of its whole organization, by name.

    Lateness is asked of the log itself, so that it shows also where no worker runs.
    """
    wanted = Q(workspace=workspace) | Q(workspace__isnull=True)
    streams = list(AuditStream.objects.filter(wanted).order_by("name", "id"))
    if not streams:
        return []
    progress = progress_of(streams=streams, organization_id=organization_id, at=at)
    gaps = dict(storage.rows("default", _GAPS, organization_id, at - GAP_SHOWN))
    found = []
    for one in streams:
        is_late = progress[one.pk].standing is Standing.LATE
        since, gap_at = progress[one.pk].since, gaps.get(one.public_id)
        if gap_at and _is_seen(gap_at, one.gap_acknowledged_at):
            gap_at = None
        if is_late or gap_at:
            found.append(
                Alarm(
                    stream=one.public_id,
                    name=one.name,
                    workspace=one.workspace,
                    late_since=since if is_late else None,
                    gap_at=gap_at,
                )
            )
    return found


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Entries that were gone before a stream sent them: when found last, and how many.

    `missing` counts those of all its gaps.
    """

    at: datetime
    missing: int
    acknowledged_at: datetime | None

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody said that they have seen the last one."""
        return _is_seen(self.at, self.acknowledged_at)


def _is_seen(gap_at: datetime, acknowledged_at: datetime | None) -> bool:
    return acknowledged_at is not None and acknowledged_at >= gap_at


def gap_of(*, stream: AuditStream) -> Gap | None:
    """The gaps of a stream, however long ago; None where it never had one."""
    found = storage.rows("default", _GAP, stream.organization_id, stream.public_id)
    at, missing = found[0]
    if at is None:
        return None
    return Gap(at=at, missing=int(missing), acknowledged_at=stream.gap_acknowledged_at)


def samples_of(*, stream: AuditStream, at: datetime) -> list[AuditStreamSample]:
    """What it sent in each of the last hours, oldest first; idle hours are absent."""
    since = at - timedelta(hours=CHART_HOURS)
    rows = AuditStreamSample.objects.filter(stream_id=stream.pk, hour__gt=since)
    return list(rows.order_by("hour"))


def next_batch(*, stream: AuditStream, log: Log, at: datetime) -> Batch | None:
    """What comes after the cursor, under a checkpoint over it; None: all was sent."""
    head = head_of(organization_id=log.organization_id)
    first = _next([stream.pk])
    if head is None or not first or head.place <= stream.cursor:
        return None
    by_block = DESTINATIONS[Kind(stream.kind)].is_by_block
    cut = (_block if by_block else _most)(stream, log, head, at)
    sizes = sizes_of(organization_id=log.organization_id)
    return Batch(
        stream=stream.public_id,
        log=log,
        format=Format(stream.format),
        entries=cut.entries,
        after=stream.cursor,
        begin=cut.begin,
        through=cut.through,
        checkpoint=cut.note,
        missing=rules.missing(stream.cursor, first[0][1:3], sizes=sizes),
        at=at,
    )


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """Entries up to a place, and the checkpoint that covers it."""

    entries: list[Shown]
    through: Place
    note: str
    begin: Place | None = None


def _most(stream: AuditStream, log: Log, head: Head, at: datetime) -> _Cut:
    """As much as fits, under the newest checkpoint."""
    entries, total = [], 0
    for shown in _entries(stream, log, stream.cursor, at, size=BATCH):
        if _place(shown) > head.place:
            break
        entries.append(shown)
        total += len(shown.raw)
        if len(entries) == BATCH or total > BATCH_BYTES:
            return _Cut(entries=entries, through=_place(shown), note=head.note)
    return _Cut(entries=entries, through=head.place, note=head.note)


def _block(stream: AuditStream, log: Log, head: Head, at: datetime) -> _Cut:
    """The block of the next entry that fits, or the PART of it, under its checkpoint.

    Blocks never change: neither what was sealed since nor where a replay begins does
    anything to what comes out.
    """
    found = _entries(stream, log, stream.cursor, at, size=1)
    if not found or _place(found[0]) > head.place:
        return _Cut(entries=[], through=head.place, note=head.note)
    epoch, index = _place(found[0])
    rows = storage.rows("default", _BLOCK, log.organization_id, epoch, index)
    first, last, note = rows[0]
    first += (index - first) // PART * PART
    begin, through = (epoch, first - 1), (epoch, min(first + PART - 1, last))
    entries = _entries(stream, log, begin, at, size=PART)
    return _Cut(
        entries=[one for one in entries if _place(one) <= through],
        begin=begin,
        through=through,
        note=note,
    )


def _entries(
    stream: AuditStream, log: Log, after: Place, at: datetime, *, size: int
) -> list[Shown]:
    return reading.entries_after(
        log=log,
        query=queries.parse(stream.query),
        after=after,
        size=size,
        workspace=stream.workspace,
        at=at,
    )


def _place(shown: Shown) -> Place:
    return shown.epoch or 0, shown.index or 0


@dataclass(frozen=True, kw_only=True)
class Move:
    """What a replay from an entry on means: so many again, or so many not at all."""

    again: int
    skipped: int


def move_to(*, stream: AuditStream, first: Place) -> Move:
    """What moving the cursor right before `first` would do; or NoSuchEntry."""
    sizes = sizes_of(organization_id=stream.organization_id)
    epoch, index = first
    if not 0 <= index <= sizes.get(epoch, -1):
        raise NoSuchEntry(_no_such_entry(sizes))
    done = pruning.boundary()
    if Boundary(epoch=epoch, index=index) < done:
        raise NoSuchEntry(_("%s Choose one from there on.") % pruning.sentence(done))
    step = rules.position(first, sizes=sizes) - 1
    step -= rules.position(stream.cursor, sizes=sizes)
    return Move(again=max(-step, 0), skipped=max(step, 0))


def _no_such_entry(sizes: dict[int, int]) -> str:
    if not sizes:
        return _("Nothing is sealed yet: there is nothing to send again.")
    epoch = max(sizes)
    last = {"index": grouped(sizes[epoch] - 1), "epoch": epoch}
    return (
        _("There is no such entry. The newest is %(index)s of epoch %(epoch)s.") % last
    )


@dataclass(frozen=True, kw_only=True)
class Due:
    """A stream that waits for a worker."""

    id: int
    organization_id: int


def due(*, at: datetime, limit: int) -> list[Due]:
    """Streams of all organizations that have something to send, longest due first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [at, limit])
        return [Due(id=row[0], organization_id=row[1]) for row in cursor.fetchall()]


def _next(ids: list[int]) -> list[tuple[int, int, int, datetime]]:
    """The first entry beyond the cursor of each of these streams, if there is one."""
    return [(a, b, c, d) for a, b, c, d in storage.rows("default", _NEXT, ids)]
