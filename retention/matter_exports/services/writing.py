"""Writes an export part by part, so that a worker that dies loses one part at most.

Each part is opened, packed and sealed in one stream, piece by piece: memory stays at
one object whatever the matter's size. A part counts from the commit of its row, which
comes after its bytes; the next worker goes on behind it. Before each part it is asked
anew whether the person who asked may still take this out, the plan allows it and the
hold is in force. Bytes of a part that did not come to be are found as strays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, vault
from kit.actor import Actor
from kit.permissions import PermissionDenied
from kit.refusals import Refused
from retention.holds.models import Hold
from retention.holds.services.storing import scope
from retention.matter_exports import archive, authority, opening, sealing, selectors
from retention.matter_exports.archive import Digests
from retention.matter_exports.models import MatterExport, MatterExportPart
from retention.matter_exports.opening import Opened
from retention.matter_exports.selectors import Next
from retention.matter_exports.services import closing
from retention.matter_exports.services.asking import NOUN
from retention.matter_exports.services.closing import ExportIsGone
from workspaces.jobs.services import JobWasCanceled, LeaseIsLost
from workspaces.tenancy.selectors import WorkspaceRef

AT_ONCE = 100
"""How many objects one part holds at most."""
PART_BYTES = 64 * 1024 * 1024
"""After so many bytes a part takes no further object."""
_BEAT_BYTES = 8 * 1024 * 1024


class MayExportNoMore(Refused):
    """The role of the person or the plan changed while it was written."""

    status = 403


@dataclass(frozen=True, kw_only=True)
class Steps:
    """How a worker learns who asks now, and tells how far it is and what time it is."""

    actor: Callable[[], Actor]
    workspace: Callable[[], WorkspaceRef]
    tell: Callable[[int, int], None]
    now: Callable[[], datetime]


@dataclass(kw_only=True)
class _Tally:
    """What one part holds so far."""

    last_id: int = 0
    objects: int = 0
    files: int = 0
    unreadable: int = 0
    bytes: int = 0
    public_ids: list[str] = field(default_factory=list)
    digests: Digests = field(default_factory=Digests)


def write(*, export: UUID, steps: Steps) -> MatterExport:
    """Writes what is missing of an export and signs its manifest.

    Raises what it is refused or fails with, after the export is marked so.
    """
    try:
        while (found := _step(export, steps)) is None:
            pass
    except LeaseIsLost:
        raise  # another worker goes on with it
    except (Refused, JobWasCanceled):
        closing.stop(export=export, workspace=steps.workspace(), at=steps.now())
        raise
    except Exception:
        closing.give_up(export=export, workspace=steps.workspace(), at=steps.now())
        raise
    return found


def _step(export: UUID, steps: Steps) -> MatterExport | None:
    """One part more; the export once it is whole."""
    actor, workspace = steps.actor(), steps.workspace()
    with scope(workspace):
        row = _demanded(export, actor, workspace)
        if row.outcome is not None:
            return row
        parts = selectors.parts_of(export=row)
        last = parts[-1] if parts else None
        coming = selectors.following(export=row, after=last, limit=AT_ONCE)
    key = vault.read_keys([row.key_id]).get(row.key_id)
    if key is None:
        raise ExportIsGone(_("The key of this export is destroyed."))
    done = sum(part.objects_n for part in parts)

    def beat(objects: int) -> None:
        steps.tell(done + objects, max(row.expected_n, done + objects))

    beat(0)
    if coming is None:
        return closing.finish(
            actor=actor, workspace=workspace, export=row, key=key, at=steps.now()
        )
    tally, place = _Tally(last_id=coming.last_id), (len(parts) + 1, ids.new_uuid())
    pieces = _packed(coming, row, workspace, tally, beat, place[0])
    sealing.keep_part(pieces, export=row.public_id, place=place, key=key)
    beat(tally.objects)
    _store(steps, row, coming, tally, place)
    return None


def _demanded(export: UUID, actor: Actor, workspace: WorkspaceRef) -> MatterExport:
    row = MatterExport.objects.select_related("hold").filter(public_id=export).first()
    if row is None or row.deleted_at is not None:
        raise ExportIsGone(_("This export was deleted."))
    try:
        authority.demand(actor=actor, workspace=workspace, hold=row.hold)
    except PermissionDenied as denied:
        raise MayExportNoMore(
            _("Whoever asked for this export may not take it out any more.")
        ) from denied
    return row


def _packed(
    coming: Next,
    row: MatterExport,
    workspace: WorkspaceRef,
    tally: _Tally,
    beat: Callable[[int], None],
    number: int,
) -> Iterator[bytes]:
    """The members of one part, then the manifest of them."""
    folder = closing.folder(row)
    for pk in coming.ids:
        with scope(workspace):
            opened = opening.open_one(kind=coming.kind, pk=pk, workspace=workspace)
        if opened is None:
            continue  # released and purged since it was looked for
        yield from _members(opened, folder, row, tally, beat)
        beat(tally.objects)
        if tally.bytes > PART_BYTES and pk != coming.ids[-1]:
            tally.last_id = pk
            break
    manifest = archive.whole(closing.manifest_path(number), tally.digests.text)
    for piece in archive.member(
        manifest, folder=folder, at=row.created_at, digests=Digests()
    ):
        tally.bytes += len(piece)
        yield piece


def _members(
    opened: Opened,
    folder: str,
    row: MatterExport,
    tally: _Tally,
    beat: Callable[[int], None],
) -> Iterator[bytes]:
    since = 0
    for item in opened.items:
        for piece in archive.member(
            item, folder=folder, at=row.created_at, digests=tally.digests
        ):
            tally.bytes += len(piece)
            since += len(piece)
            if since > _BEAT_BYTES:
                beat(tally.objects)
                since = 0
            yield piece
    tally.objects += 1
    tally.files += opened.files
    tally.unreadable += opened.is_unreadable
    tally.public_ids.append(opened.public_id)


def _store(
    steps: Steps,
    row: MatterExport,
    coming: Next,
    tally: _Tally,
    place: tuple[int, UUID],
) -> None:
    """The part counts from here; who was read is in the log in the same transaction."""
    actor, workspace = steps.actor(), steps.workspace()
    number, blob = place
    with scope(workspace):
        # A release that comes first refuses this part, one that comes later waits.
        Hold.objects.select_for_update(no_key=True).get(pk=row.hold_id)
        _demanded(row.public_id, actor, workspace)
        part = MatterExportPart(
            workspace_id=workspace.id,
            export=row,
            number=number,
            kind=coming.kind,
            last_id=tally.last_id,
            objects_n=tally.objects,
            files_n=tally.files,
            withheld_n=sum(pk <= tally.last_id for pk in coming.withheld),
            unreadable_n=tally.unreadable,
            byte_count=tally.bytes,
            digest=archive.digest(tally.digests.text),
            blob_id=blob,
        )
        closing.insert(part)
        _record(actor, workspace, row, part, tally.public_ids, at=steps.now())


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    row: MatterExport,
    part: MatterExportPart,
    public_ids: list[str],
    *,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action="retention.matter-export.written",
        target=Target(kind=NOUN, id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "part": part.number,
            "objects": part.objects_n,
            "files": part.files_n,
            "withheld": part.withheld_n,
            "unreadable": part.unreadable_n,
            "bytes": part.byte_count,
        },
        details={"kind": part.kind, "read": [*public_ids]},
    )
