"""The same door for the simple kinds of content: memories, projects, files, GPTs.

Deleting hides at once and changes no bytes; a sweep purges after the plan's undo
window. A held object is hidden all the same, and its bytes stay until the hold is
released. The owner deletes, and whoever owns what a part hangs on.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from kit.content_kinds import ContentKind, Storage
from kit.permissions import Permission
from retention.deletions import objects
from retention.deletions.objects import UnknownObject
from retention.deletions.services.conversations import (
    BY_OWNER,
    AlreadyDeleted,
    Deleted,
    NotDeleted,
    UndoHasPassed,
    demand_undoable,
)
from retention.holds import authority, locking
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef


def delete_objects(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    kind: str,
    public_ids: Collection[UUID],
    at: datetime,
) -> Deleted:
    """Hides a member's own objects of one kind at once; each is recorded."""
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)
    found, storage = objects.kind_named(kind)
    with _scope(workspace):
        locking.before_changing()
        rows = _locked(found, storage, actor, public_ids)
        hidden = [row for row in rows if row.deleted_at is None]
        if not hidden:
            raise AlreadyDeleted(_("This is deleted already."))
        wanted = [row.pk for row in hidden]
        held = objects.held_among(storage=storage, ids=wanted, at=at)
        found.rows.filter(pk__in=wanted).update(deleted_at=at, deleted_by=BY_OWNER)
        for row in hidden:
            is_held = row.pk in held
            _record(
                actor, workspace, row, storage, act="deleted", at=at, is_held=is_held
            )
        return Deleted(hidden=len(hidden), kept_by_hold=len(held))


def restore_object(
    *, actor: Actor, workspace: WorkspaceRef, kind: str, public_id: UUID, at: datetime
) -> None:
    """Brings a member's own deleted object back, within the undo window only."""
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)
    found, storage = objects.kind_named(kind)
    undo = timedelta(days=plans.of(workspace.plan).default_undo_days)
    with _scope(workspace):
        locking.before_changing()
        (row,) = _locked(found, storage, actor, [public_id])
        if row.deleted_at is None:
            raise NotDeleted(_("This is not deleted."))
        demand_undoable(row, workspace=workspace)
        if row.deleted_at + undo <= at:
            raise UndoHasPassed(_("The time in which this could come back is over."))
        found.rows.filter(pk=row.pk).update(deleted_at=None, deleted_by=None)
        _record(actor, workspace, row, storage, act="restored", at=at)


def _locked(
    kind: ContentKind, storage: Storage, actor: Actor, public_ids: Collection[UUID]
) -> Sequence[Any]:
    """All of these objects, locked against purge and change, if they may go."""
    rows = list(
        kind.rows.select_for_update(no_key=True)
        .filter(public_id__in=set(public_ids))
        .order_by("id")
    )
    mine = [
        row
        for row in rows
        if objects.may_delete(storage, row, membership_id=actor.membership_id)
    ]
    if not rows or len(mine) < len(set(public_ids)):
        raise UnknownObject(kind.name)
    return rows


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Any,
    storage: Storage,
    *,
    act: str,
    at: datetime,
    is_held: bool = False,
) -> None:
    record(
        actor=actor,
        action=f"retention.{storage.noun}.{act}",
        target=Target(kind=storage.noun, id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "bytes": row.byte_count,
            **({"kept_by_hold": 1} if is_held else {}),
        },
    )
