"""The one door through which conversations are deleted and brought back.

Deleting hides at once and changes no bytes; purging is the sweep's. A held
conversation is hidden from its member all the same, and its bytes stay until the hold
is released.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.conversations import reasons, selectors
from retention.conversations.selectors import UnknownConversation
from retention.holds import authority, locking
from workspaces.content import deleting
from workspaces.content.models import Conversation
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef

BY_OWNER = "owner"


class NotYourConversation(UnknownConversation):
    """Only the owner deletes and restores here; others learn nothing."""


class NotDeleted(Refused):
    """Only a deleted conversation can be restored."""


class DeletedForGood(Refused):
    """A program or the closing of the workspace deleted it: nobody undoes that."""


class AlreadyDeleted(Refused):
    """A conversation is deleted once."""


class UndoHasPassed(Refused):
    """The undo window is over; the next sweep purges the conversation."""


class ExpiredByPolicy(Refused):
    """The policy has expired the conversation; only a longer policy brings it back."""


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """What a delete did: hidden now, and how many of these a hold keeps in store."""

    hidden: int
    kept_by_hold: int


def mark_deleted(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    conversations: Sequence[Conversation],
    at: datetime,
) -> Deleted:
    """Hides a member's own conversations at once; each is recorded."""
    _demand_owner(actor, workspace, conversations)
    with _scope(workspace):
        locking.before_changing()
        wanted = [conversation.pk for conversation in conversations]
        found = selectors.locked(ids=wanted)
        hidden = [row for row in found if row.deleted_at is None]
        if not hidden:
            raise AlreadyDeleted(_("This is deleted already."))
        held = selectors.held_among(ids=[row.pk for row in hidden], at=at)
        deleting.mark_deleted(ids=[row.pk for row in hidden], by=BY_OWNER, at=at)
        for row in hidden:
            act = "retention.conversation.deleted"
            _record(actor, workspace, row, action=act, at=at, is_held=row.pk in held)
        return Deleted(hidden=len(hidden), kept_by_hold=len(held))


def restore(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    conversation: Conversation,
    at: datetime,
) -> Conversation:
    """Brings a member's own deleted conversation back, within the undo window only."""
    _demand_owner(actor, workspace, [conversation])
    with _scope(workspace):
        locking.before_changing()
        found = selectors.locked(ids=[conversation.pk])
        if not found:
            raise UndoHasPassed(_("The conversation is purged."))
        row = found[0]
        if row.deleted_at is None:
            raise NotDeleted(_("The conversation is not deleted."))
        demand_undoable(row, workspace=workspace)
        standing = reasons.why(workspace=workspace, conversation=row, at=at)
        if standing.undo_ends_at is not None and standing.undo_ends_at <= at:
            raise UndoHasPassed(_("The undo window of this conversation has passed."))
        if standing.is_past_policy:
            raise ExpiredByPolicy(
                _("The retention policy has expired this conversation.")
            )
        deleting.unmark(ids=[row.pk])
        _record(actor, workspace, row, action="retention.conversation.restored", at=at)
        row.deleted_at = row.deleted_by = None
        return row


def demand_undoable(row: Any, *, workspace: WorkspaceRef) -> None:
    """Refuses to bring back what was deleted on behalf of the workspace.

    While the workspace is being emptied that is everything: what came back would be
    hidden again at the next look, and its undo window would begin anew.
    """
    is_emptied = tenants.is_being_emptied(workspace_id=workspace.id)
    if is_emptied or row.deleted_by in reasons.FOR_GOOD:
        raise DeletedForGood(
            _("It was deleted on behalf of the workspace, and does not come back.")
        )


def _demand_owner(
    actor: Actor, workspace: WorkspaceRef, conversations: Sequence[Conversation]
) -> None:
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)
    if any(row.owner_id != actor.membership_id for row in conversations):
        raise NotYourConversation


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Conversation,
    *,
    action: str,
    at: datetime,
    is_held: bool = False,
) -> None:
    record(
        actor=actor,
        action=action,
        target=Target(kind="conversation", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "messages": row.message_count,
            "files": row.file_count,
            "bytes": row.byte_count,
            **({"kept_by_hold": 1} if is_held else {}),
        },
    )
