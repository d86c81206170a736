"""Hides all that a workspace stores, a bounded number at a time: for its closing.

The same door as a member's own delete, in few statements for many objects: the plan's
undo window begins, then sweeps purge. What is deleted already keeps its date.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from audit.recording import bulk
from kit import content_kinds
from kit.actor import Actor
from retention.conversations.reasons import BY_CLOSING
from retention.holds import coverage
from workspaces.content import deleting
from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import WorkspaceRef

_NOUN = "conversation"

_ENTRIES = """
with gone as (
    select id, public_id, byte_count from {table} where id = any(%(ids)s)
), entries as ({entries})
select count(*) from gone
"""


def empty(
    *, actor: Actor, workspace: WorkspaceRef, limit: int, at: datetime
) -> Mapping[str, int]:
    """Hides at most `limit` objects of each kind; how many, where there were any.

    Runs in the caller's transaction, under the lock on hold scopes, in the scope of the
    workspace.
    """
    stored = Conversation.objects.filter(staged_by__isnull=True)
    ids = _visible(stored, limit)
    deleting.mark_deleted(ids=ids, by=BY_CLOSING, at=at)
    _record(actor, workspace, "workspaces_conversation", _NOUN, ids, at=at)
    hidden = {coverage.CONVERSATIONS: len(ids)}
    for kind, storage in content_kinds.simple():
        ids = _visible(kind.rows, limit)
        kind.rows.filter(pk__in=ids).update(deleted_at=at, deleted_by=BY_CLOSING)
        _record(actor, workspace, storage.table, storage.noun, ids, at=at)
        hidden[kind.name] = len(ids)
    return {name: number for name, number in hidden.items() if number}


def _visible(rows: QuerySet[Any], limit: int) -> list[int]:
    found = rows.filter(deleted_at__isnull=True).order_by("id")
    return list(
        found.select_for_update(no_key=True).values_list("pk", flat=True)[:limit]
    )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    table: str,
    noun: str,
    ids: Collection[int],
    *,
    at: datetime,
) -> None:
    """One entry for each object, written by the database."""
    if not ids:
        return
    entries = bulk.insert(
        actor=actor,
        action=f"retention.{noun}.deleted",
        target_kind=noun,
        columns=bulk.Columns(
            organization_id=str(workspace.organization.id),
            organization=f"'{workspace.organization.public_id}'",
            workspace=f"'{workspace.public_id}'",
            target="public_id",
            counts={"bytes": "byte_count"},
        ),
        source="gone",
        at=at,
        order_by="id",
    )
    statement = _ENTRIES.format(table=table, entries=entries)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ids": list(ids)})
