"""Answers what of the simple kinds is deleted and still stored, held, or due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from kit import content_kinds
from kit.content_kinds import ContentKind, Storage
from retention.eligibility import conditions, kinds
from retention.policies import selectors as policies
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef


class UnknownObject(LookupError):
    """No such object for whoever asks: answered with 404."""


class UnknownKind(UnknownObject):
    """No kind of stored content has this name, or it has doors of its own."""


@dataclass(frozen=True, kw_only=True)
class KindWaiting:
    """What of one kind is deleted and still stored; held ones are only in `held`."""

    name: str
    labels: str
    deleted: int
    due: int
    held: int
    oldest_at: datetime | None


def kind_named(name: str) -> tuple[ContentKind, Storage]:
    """One simple kind by its name."""
    for kind, storage in content_kinds.simple():
        if kind.name == name:
            return kind, storage
    raise UnknownKind(name)


def may_delete(storage: Storage, row: Any, *, membership_id: int | None) -> bool:
    """Whether a member owns the object, or what it is a part of."""
    if membership_id is None or getattr(row, storage.owner) == membership_id:
        return membership_id is not None
    return any(
        kind.rows.filter(
            pk=getattr(row, part.parent), **{whole.owner: membership_id}
        ).exists()
        for kind, whole in content_kinds.simple()
        for part in whole.parts
        if part.table == storage.table
    )


def own(*, kind: str, public_id: UUID, membership_id: int) -> Any:
    """One object that the member may delete and restore; else UnknownObject."""
    found, storage = kind_named(kind)
    row = found.rows.filter(public_id=public_id).first()
    if row is None or not may_delete(storage, row, membership_id=membership_id):
        raise UnknownObject(public_id)
    return row


def held_among(*, storage: Storage, ids: Sequence[int], at: datetime) -> set[int]:
    """Which of these objects a hold covers."""
    held = kinds.held_by(storage)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select c.id from {storage.table} c"  # noqa: S608 -- constants
            f" where c.id = any(%(ids)s) and {held}",
            {"ids": list(ids), "at": at},
        )
        return {row[0] for row in cursor.fetchall()}


def deleted_of(*, kind: ContentKind, storage: Storage, membership_id: int) -> Any:
    """A member's own deleted objects of one kind, to order by (-deleted_at, -id)."""
    return kind.rows.filter(deleted_at__isnull=False, **{storage.owner: membership_id})


def restorable_after(*, workspace: WorkspaceRef, at: datetime) -> datetime:
    """What was deleted later than this can still come back."""
    return at - timedelta(days=plans.of(workspace.plan).default_undo_days)


def waiting(*, workspace: WorkspaceRef, at: datetime) -> list[KindWaiting]:
    """What is deleted and still stored, by kind; those with nothing are left out."""
    scopes = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    found = [
        _waiting(kind, storage, conditions.parameters(scopes, at=at, kind=kind.name))
        for kind, storage in content_kinds.simple()
    ]
    return [one for one in found if one.deleted or one.held]


def overdue(*, workspace: WorkspaceRef, days: int, at: datetime) -> int:
    """How many objects are stored though deleted `days` ago, and not held."""
    arms = [
        f"select count(*) from {storage.table} c"  # noqa: S608 -- constants
        " where c.workspace_id = %(workspace)s and c.deleted_at <= %(limit)s"
        f" and not {kinds.held_by(storage)}"
        for _kind, storage in content_kinds.simple()
    ]
    limit = at - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(arms),
            {"workspace": workspace.id, "limit": limit, "at": at},
        )
        return sum(row[0] for row in cursor.fetchall())


def _waiting(
    kind: ContentKind, storage: Storage, parameters: dict[str, Any]
) -> KindWaiting:
    relation = kinds.relation(kind, storage)
    with connection.cursor() as cursor:
        cursor.execute(
            f"with {conditions.CUTOFFS} select"
            f" count(*) filter (where not {relation.held}),"
            f" count(*) filter (where not {relation.held} and {relation.due}),"
            f" count(*) filter (where {relation.held}),"
            f" min(c.deleted_at) filter (where not {relation.held})"
            f" {relation.from_deleted}",
            parameters,
        )
        deleted, due, held, oldest_at = cursor.fetchone()
    return KindWaiting(
        name=kind.name,
        labels=str(storage.labels),
        deleted=deleted,
        due=due,
        held=held,
        oldest_at=oldest_at,
    )
