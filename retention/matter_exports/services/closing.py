"""Ends an export: the last part with its signed manifest, or without being whole."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit.log.leaf import moment
from audit.recording import Outcome as Recorded
from audit.recording import Target, record
from kit import ids, signing
from kit.actor import Actor
from kit.refusals import Refused
from retention.holds.services.storing import scope
from retention.matter_exports import archive, sealing, selectors
from retention.matter_exports.archive import Digests
from retention.matter_exports.models import MatterExport, MatterExportPart, Outcome
from retention.matter_exports.services.asking import NOUN
from retention.receipts import documents
from retention.receipts.documents import Signed
from workspaces.jobs.services import LeaseIsLost
from workspaces.tenancy.selectors import WorkspaceRef

WORKER = Actor.system("matter-exports")
_README = """An export of what a legal hold covers, made by Custos.

One JSON file describes each object; files that hang on it lie beside it.
To see that nothing was changed, in this folder:

    sha256sum -c manifest/*.sha256
    sha256sum -c manifest.sha256
    python3 custos-verify-receipt --key '...' manifest.json

The last line checks the signature of the manifest, which names the hash of
manifest.sha256; so the three together cover every file.
"""


class ExportIsGone(Refused):
    """It was deleted, or its key is: there is nothing to write into."""


def folder(export: MatterExport) -> str:
    """The folder into which the archive unpacks."""
    return f"custos-export-{export.public_id}"


def manifest_path(number: int) -> str:
    """Where the digests of one part stand in the archive."""
    return f"manifest/{number:06}.sha256"


def finish(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    export: MatterExport,
    key: bytes,
    at: datetime,
) -> MatterExport:
    """Stores the last part, which signs all others, and says that it is done."""
    with scope(workspace):
        parts = selectors.parts_of(export=export)
        written = selectors.written(export=export)
    signed = _signed(workspace, export, parts, written, at=at)
    place = (len(parts) + 1, ids.new_uuid())
    pieces = list(_last(export, parts, signed))
    sealing.keep_part(pieces, export=export.public_id, place=place, key=key)
    size = sum(map(len, pieces))
    with scope(workspace):
        # Deleted or given up meanwhile, it stays so.
        _demand_open(export)
        insert(_last_part(export, place, size=size, digest=signed.digest))
        export.outcome, export.ended_at = Outcome.DONE, at
        export.byte_count = written.bytes + size
        export.save(update_fields=["outcome", "ended_at", "byte_count"])
        counts = {**_counts(written), "bytes": export.byte_count}
        _record(actor, workspace, export, "completed", counts, at, signed.digest)
    return export


def _locked(export: UUID) -> MatterExport | None:
    """Its row, unless a sweep has purged it under the worker."""
    rows = MatterExport.objects.select_for_update(no_key=True)
    return rows.filter(public_id=export).first()


def _demand_open(export: MatterExport) -> None:
    row = _locked(export.public_id)
    if row is None or row.deleted_at is not None:
        raise ExportIsGone(_("This export was deleted."))


def insert(part: MatterExportPart) -> None:
    """Stores a part; where another worker stored one there, the lease is lost."""
    try:
        part.save(force_insert=True)
    except IntegrityError as taken:
        raise LeaseIsLost from taken


def _last_part(
    export: MatterExport, place: tuple[int, UUID], *, size: int, digest: str
) -> MatterExportPart:
    nothing = ("objects_n", "files_n", "withheld_n", "unreadable_n", "last_id")
    return MatterExportPart(
        workspace_id=export.workspace_id,
        export=export,
        number=place[0],
        byte_count=size,
        digest=digest,
        blob_id=place[1],
        **dict.fromkeys(nothing, 0),
    )


def stop(*, export: UUID, workspace: WorkspaceRef, at: datetime) -> None:
    """Marks an export that was refused or canceled while it was written."""
    _end(export, workspace, Outcome.STOPPED, at=at)


def give_up(*, export: UUID, workspace: WorkspaceRef, at: datetime) -> None:
    """Marks an export that could not be written, which its page says."""
    _end(export, workspace, Outcome.FAILED, at=at)


def _end(
    export: UUID, workspace: WorkspaceRef, outcome: Outcome, *, at: datetime
) -> None:
    """It is over without being whole; a sweep takes what was written."""
    with scope(workspace):
        row = _locked(export)
        if row is None or row.outcome is not None or row.deleted_at is not None:
            return
        row.outcome, row.ended_at = outcome, at
        row.deleted_at, row.deleted_by = at, "custos"
        row.save(update_fields=["outcome", "ended_at", "deleted_at", "deleted_by"])
        counts = _counts(selectors.written(export=row))
        _record(WORKER, workspace, row, outcome.value, counts, at)


def _last(
    export: MatterExport, parts: list[MatterExportPart], signed: Signed
) -> Iterator[bytes]:
    items = (
        archive.whole("manifest.sha256", _sums(parts)),
        archive.whole("manifest.json", signed.file),
        archive.whole("README.txt", _README.encode()),
    )
    for item in items:
        yield from archive.member(
            item, folder=folder(export), at=export.created_at, digests=Digests()
        )
    yield archive.END


def _sums(parts: list[MatterExportPart]) -> bytes:
    sums = Digests()
    for part in parts:
        sums.add(manifest_path(part.number), part.digest)
    return sums.text


def _signed(
    workspace: WorkspaceRef,
    export: MatterExport,
    parts: list[MatterExportPart],
    written: selectors.Written,
    *,
    at: datetime,
) -> Signed:
    kinds: dict[str, int] = {}
    for part in parts:
        kinds[part.kind] = kinds.get(part.kind, 0) + part.objects_n
    document: dict[str, Any] = {
        "type": "matter-export",
        "organization": str(workspace.organization.public_id),
        "workspace": str(workspace.public_id),
        "hold": str(export.hold.public_id),
        "export": str(export.public_id),
        "requested_at": moment(export.created_at),
        "completed_at": moment(at),
        "objects": kinds,
        "counts": _counts(written),
        "manifest": {
            "name": "manifest.sha256",
            "sha256": archive.digest(_sums(parts)),
        },
    }
    key = signing.load_or_create(Path(settings.CUSTOS_LOG_KEY_FILE))
    return documents.signed(document, key=key)


def _counts(written: selectors.Written) -> dict[str, int]:
    return {
        "parts": written.parts,
        "objects": written.objects,
        "files": written.files,
        "withheld": written.withheld,
        "unreadable": written.unreadable,
        "bytes": written.bytes,
    }


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    export: MatterExport,
    act: str,
    counts: dict[str, int],
    at: datetime,
    digest: str = "",
) -> None:
    record(
        actor=actor,
        action=f"retention.{NOUN}.{act}",
        target=Target(kind=NOUN, id=export.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts=counts,
        digests={"manifest": digest} if digest else {},
        outcome=Recorded.ERROR if act == Outcome.FAILED else Recorded.SUCCESS,
    )
