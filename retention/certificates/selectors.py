"""Finds what became of an object by its id: purged, kept by a hold, or still stored.

Nothing is stored for it: the tombstone in the doom queue, the sweep that took the
object and the entry of the audit log answer for each one, however many there are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from audit.verification import acts
from audit.verification.acts import Proven
from audit.verification.selectors import sealed
from kit import content_kinds
from retention.conversations import selectors as conversations
from retention.deletions import objects
from retention.sweeps import kinds
from retention.sweeps.models import Doom, DoomKind, Sweep
from workspaces.content.models import Conversation
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Destroyed:
    """How many keys or files had to be destroyed; `at` is None while one waits."""

    number: int
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Purged:
    """An object that a sweep took, and its entry in the log once that is sealed."""

    public_id: UUID
    noun: str
    at: datetime
    sweep: Sweep | None
    keys: Destroyed
    files: Destroyed
    entry: Proven | None


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object that is still there; a deleted one that is held is kept by the hold."""

    public_id: UUID
    noun: str
    deleted_at: datetime | None
    is_held: bool
    owner_id: int

    @property
    def is_kept(self) -> bool:
        """Somebody deleted it, and a hold refuses its purge."""
        return self.deleted_at is not None and self.is_held


def purged(*, workspace: WorkspaceRef, public_id: UUID) -> Purged | None:
    """What the sweep left of an object; None where no sweep took one of this id."""
    tombstone = (
        Doom.objects.filter(kind=DoomKind.KEY, content_id=public_id)
        .select_related("sweep")
        .order_by("id")
        .first()
    )
    if tombstone is None:
        return None
    noun = kinds.swept_named(str(tombstone.content_kind)).noun
    parts = Doom.objects.filter(content_id=public_id)
    files = parts.filter(kind=DoomKind.BLOB, sweep=tombstone.sweep)
    return Purged(
        public_id=public_id,
        noun=noun,
        at=tombstone.doomed_at,
        sweep=tombstone.sweep,
        keys=_destroyed(parts.filter(kind=DoomKind.KEY)),
        files=_destroyed(files),
        entry=_entry(workspace, tombstone.sweep, noun=noun, public_id=public_id),
    )


def stored(*, public_id: UUID, at: datetime) -> Stored | None:
    """An object that is in store, in the open scope."""
    row: Any = Conversation.objects.filter(
        public_id=public_id, staged_by__isnull=True
    ).first()
    if row is not None:
        held = bool(conversations.held_among(ids=[row.pk], at=at))
        return _stored(row, "conversation", row.owner_id, is_held=held)
    for kind, storage in content_kinds.simple():
        row = kind.rows.filter(public_id=public_id).first()
        if row is not None:
            held = bool(objects.held_among(storage=storage, ids=[row.pk], at=at))
            owner = getattr(row, storage.owner)
            return _stored(row, storage.noun, owner, is_held=held)
    return None


def may_be_named(*, workspace: WorkspaceRef) -> bool:
    """Whether others than its member may learn that a stored object exists."""
    return plans.of(workspace.plan).retention_setter is not RetentionSetter.MEMBER


def gone_among(*, public_ids: Collection[UUID]) -> set[UUID]:
    """Which of these objects a sweep has taken."""
    found = Doom.objects.filter(kind=DoomKind.KEY, content_id__in=public_ids)
    return {one for one in found.values_list("content_id", flat=True) if one}


def stored_among(
    *, public_ids: Collection[UUID], membership_id: int, at: datetime
) -> dict[UUID, Stored]:
    """Which of these objects a member still has in store."""
    found: dict[UUID, Stored] = {}
    mine: Any = Conversation.objects.filter(
        public_id__in=public_ids, owner_id=membership_id
    ).defer("title", "raw")
    held = conversations.held_among(ids=[row.pk for row in mine], at=at)
    for row in mine:
        found[row.public_id] = _stored(
            row, "conversation", row.owner_id, is_held=row.pk in held
        )
    for kind, storage in content_kinds.simple():
        rows = list(
            kind.rows.filter(public_id__in=public_ids, **{storage.owner: membership_id})
        )
        held = objects.held_among(storage=storage, ids=[row.pk for row in rows], at=at)
        for row in rows:
            found[row.public_id] = _stored(
                row, storage.noun, membership_id, is_held=row.pk in held
            )
    return found


def deleting_actions() -> list[str]:
    """The actions with which people delete, of every kind."""
    return [f"retention.{kind.noun}.deleted" for kind in kinds.swept()]


def _destroyed(rows: Any) -> Destroyed:
    found = rows.aggregate(
        n=Count("id"),
        last=Max("destroyed_at"),
        waits=Count("id", filter=Q(destroyed_at__isnull=True)),
    )
    return Destroyed(number=found["n"], at=None if found["waits"] else found["last"])


def _entry(
    workspace: WorkspaceRef, sweep: Sweep | None, *, noun: str, public_id: UUID
) -> Proven | None:
    organization_id = workspace.organization.id
    if sweep is None or sweep.plan_entry_id is None:
        return None
    plan = sealed(organization_id=organization_id, entry_id=sweep.plan_entry_id)
    if plan is None:
        return None
    return acts.proven(
        organization_id=organization_id,
        workspace=workspace.public_id,
        action=f"retention.{noun}.purged",
        target=public_id,
        beyond=(plan.epoch, plan.index),
    )


def _stored(row: Any, noun: str, owner_id: int, *, is_held: bool) -> Stored:
    return Stored(
        public_id=row.public_id,
        noun=noun,
        deleted_at=row.deleted_at,
        is_held=is_held,
        owner_id=owner_id,
    )
