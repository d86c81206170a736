"""Hands an export to whoever asked for it, and takes it away before its time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import vault
from kit.actor import Actor
from kit.permissions import Permission
from retention.deletions.services import AlreadyDeleted
from retention.holds import authority
from retention.holds.services.storing import scope
from retention.matter_exports import sealing, selectors
from retention.matter_exports.models import MatterExport
from retention.matter_exports.selectors import UnknownExport
from retention.matter_exports.services.asking import NOUN
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An archive to send: its name, its size in bytes, and its bytes in pieces."""

    name: str
    size: int
    pieces: Iterator[bytes] = field(repr=False)


def fetch(
    *, actor: Actor, workspace: WorkspaceRef, export: MatterExport, at: datetime
) -> Fetched:
    """The archive, for whoever asked for it and may still take it out."""
    authority.demand(actor, Permission.MATTERS_EXPORT, workspace=workspace)
    with scope(workspace):
        if not selectors.is_fetchable(export=export, person=actor.id, at=at):
            raise UnknownExport(_("This export is not there for you to download."))
        parts = [
            (part.number, part.blob_id) for part in selectors.parts_of(export=export)
        ]
        key = vault.read_keys([export.key_id]).get(export.key_id)
        if key is None:
            raise UnknownExport(_("The key of this export is destroyed."))
        _record(actor, workspace, export, "downloaded", at=at)
    pieces = (
        piece
        for place in parts
        for piece in sealing.open_part(export=export.public_id, place=place, key=key)
    )
    name = f"custos-export-{export.public_id}.tar"
    return Fetched(name=name, size=export.byte_count, pieces=pieces)


def delete(
    *, actor: Actor, workspace: WorkspaceRef, export: MatterExport, at: datetime
) -> None:
    """Takes an export away at once; a sweep purges its bytes and its key."""
    authority.demand(actor, Permission.MATTERS_EXPORT, workspace=workspace)
    with scope(workspace):
        row = MatterExport.objects.select_for_update(no_key=True).get(pk=export.pk)
        if row.deleted_at is not None:
            raise AlreadyDeleted(_("This is deleted already."))
        row.deleted_at, row.deleted_by = at, "person"
        row.save(update_fields=["deleted_at", "deleted_by"])
        _record(actor, workspace, row, "deleted", at=at)


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    export: MatterExport,
    act: str,
    *,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action=f"retention.{NOUN}.{act}",
        target=Target(kind=NOUN, id=export.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"bytes": export.byte_count},
    )
