"""Hides what a member stored, a bounded number at a time: for erasure requests.

The same door as a member's own delete: what a hold covers is hidden as well, and its
bytes stay until the release.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.recording import Target, record
from kit import content_kinds
from kit.actor import Actor
from retention.holds import coverage
from workspaces.content import deleting
from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import WorkspaceRef

BY_ERASURE = "erasure"
_NOUN = "conversation"


def erase(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    membership_id: int,
    until: datetime,
    limit: int,
    at: datetime,
) -> Mapping[str, int]:
    """Hides at most `limit` objects of each kind; how many, where there were any.

    Runs in the caller's transaction, under the lock on hold scopes.
    """
    found = {coverage.CONVERSATIONS: _conversations(membership_id, until, limit)}
    deleting.mark_deleted(
        ids=[row.pk for row in found[coverage.CONVERSATIONS]], by=BY_ERASURE, at=at
    )
    nouns = {coverage.CONVERSATIONS: _NOUN}
    for kind, storage in content_kinds.simple():
        rows = _visible(kind.rows, storage.owner, membership_id, until, limit)
        kind.rows.filter(pk__in=[row.pk for row in rows]).update(
            deleted_at=at, deleted_by=BY_ERASURE
        )
        found[kind.name], nouns[kind.name] = rows, storage.noun
    for name, rows in found.items():
        for row in rows:
            _record(actor, workspace, row, nouns[name], at=at)
    return {name: len(rows) for name, rows in found.items() if rows}


def _conversations(membership_id: int, until: datetime, limit: int) -> list[Any]:
    stored = Conversation.objects.filter(staged_by__isnull=True)
    return _visible(stored, "owner_id", membership_id, until, limit)


def _visible(
    rows: Any, owner: str, membership_id: int, until: datetime, limit: int
) -> list[Any]:
    wanted = {owner: membership_id, "created_at__lte": until}
    return list(
        rows.filter(deleted_at__isnull=True, **wanted)
        .order_by("id")
        .select_for_update(no_key=True)[:limit]
    )


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
