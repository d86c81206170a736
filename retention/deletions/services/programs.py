"""Deletes for programs with a key: what no hold covers, of any kind, once.

Unlike a member's own delete, one of a program is refused where a hold covers the
object: it is not even hidden. The refusal is recorded, and programs are told not to try
again. Deleting what a program has deleted changes nothing and answers the same; what
its member had deleted keeps its dates, but does not come back any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.recording import Outcome, Target, record
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import UnderLegalHold
from retention.conversations.reasons import BY_PROGRAM
from retention.deletions import objects
from retention.deletions.objects import UnknownObject
from retention.deletions.services.conversations import BY_OWNER
from retention.deletions.services.erasing import BY_ERASURE
from retention.holds import authority, coverage, locking
from retention.holds import selectors as holds
from retention.holds.coverage import Kind
from retention.holds.services.storing import scope
from workspaces.content import deleting
from workspaces.content.models import Conversation
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef

_NOUN = "conversation"
_COMES_BACK = (None, BY_OWNER, BY_ERASURE)
"""What `deleted_by` says where the member could undo it: a program takes it over."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """An object that is hidden, since when, and from when on a sweep may take it."""

    kind: str
    public_id: UUID
    deleted_at: datetime
    purge_from: datetime


def delete_by_program(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    kind: str,
    public_id: UUID,
    at: datetime,
) -> Hidden:
    """Hides one object at once; UnknownObject, or UnderLegalHold where it is held."""
    authority.demand(actor, Permission.COMPLIANCE_DELETE, workspace=workspace)
    of, noun = _kind(kind)
    try:
        with scope(workspace):
            locking.before_changing()
            row = _locked(kind, public_id)
            holds.demand_free(kind=of, ids=[row.pk], at=at)
            if row.deleted_by in _COMES_BACK:
                row.deleted_at = row.deleted_at or at
                _hide(kind, row.pk, since=row.deleted_at)
                _record(actor, workspace, row, noun, at=at)
    except UnderLegalHold:
        with scope(workspace):
            _record_refusal(actor, workspace, public_id, noun, at=at)
        raise
    undo = timedelta(days=plans.of(workspace.plan).default_undo_days)
    return Hidden(
        kind=kind,
        public_id=public_id,
        deleted_at=row.deleted_at,
        purge_from=row.deleted_at + undo,
    )


def _kind(name: str) -> tuple[Kind, str]:
    if name == coverage.CONVERSATIONS:
        return coverage.CONVERSATION, _NOUN
    _found, storage = objects.kind_named(name)
    return coverage.of_storage(storage), storage.noun


def _locked(kind: str, public_id: UUID) -> Any:
    """The stored object, locked against purge and change."""
    rows: Any
    if kind == coverage.CONVERSATIONS:
        rows = Conversation.objects.filter(staged_by__isnull=True).defer("title", "raw")
    else:
        rows = objects.kind_named(kind)[0].rows.all()
    row = rows.filter(public_id=public_id).select_for_update(no_key=True).first()
    if row is None:
        raise UnknownObject(public_id)
    return row


def _hide(kind: str, pk: int, *, since: datetime) -> None:
    if kind == coverage.CONVERSATIONS:
        deleting.unmark(ids=[pk])
        deleting.mark_deleted(ids=[pk], by=BY_PROGRAM, at=since)
        return
    found, _storage = objects.kind_named(kind)
    found.rows.filter(pk=pk).update(deleted_at=since, deleted_by=BY_PROGRAM)


def _record(
    actor: Actor, workspace: WorkspaceRef, row: Any, noun: str, *, at: datetime
) -> None:
    record(
        actor=actor,
        action=f"retention.{noun}.deleted",
        target=Target(kind=noun, id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"bytes": row.byte_count},
    )


def _record_refusal(
    actor: Actor, workspace: WorkspaceRef, public_id: UUID, noun: str, *, at: datetime
) -> None:
    record(
        actor=actor,
        action=f"retention.{noun}.deleted",
        target=Target(kind=noun, id=public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        outcome=Outcome.REFUSED,
        at=at,
        details={"because": UnderLegalHold.code},
    )
