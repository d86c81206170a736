"""Finds what became of an object by its id: purged, refused by a hold, or stored.

Nothing is stored for it: the tombstone in the doom queue, the sweep that took the
object and the entry of the audit log answer for each one, however many there are.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from audit.verification import acts
from audit.verification.acts import Place, Proven
from audit.verification.selectors import sealed
from kit import content_kinds
from retention.conversations import standing
from retention.conversations.standing import Standing
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
class Gone:
    """An object that a sweep took, and when."""

    public_id: UUID
    noun: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Purged(Gone):
    """An object that a sweep took, and its entry in the log once that is sealed."""

    sweep: Sweep | None
    keys: Destroyed
    files: Destroyed
    entry: Proven | None


class Cause(StrEnum):
    """What a hold refused: a purge after a deletion or by a policy, or a request."""

    DELETION = "deletion"
    REQUEST = "request"
    POLICY = "policy"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object that is still there, and where it stands.

    `refused` is where the log has that a program's delete was refused, the last time.
    """

    public_id: UUID
    noun: str
    owner_id: int
    deleted_at: datetime | None
    stands: Standing
    refused: Place | None = None

    @property
    def kept_from(self) -> Cause | None:
        """What a hold refused of it; the last request goes before a policy."""
        if self.deleted_at is not None:
            return Cause.DELETION if self.stands.is_held else None
        if self.refused is not None:
            return Cause.REQUEST
        return Cause.POLICY if self.stands.is_due and self.stands.is_held else None


def purged(*, workspace: WorkspaceRef, public_id: UUID) -> Purged:
    """What the sweep left of an object; Doom.DoesNotExist where none took it."""
    tombstone = (
        Doom.objects.filter(kind=DoomKind.KEY, content_id=public_id)
        .select_related("sweep")
        .earliest("id")
    )
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


def may_be_named(*, workspace: WorkspaceRef) -> bool:
    """Whether others than its member may learn that a stored object exists."""
    return plans.of(workspace.plan).retention_setter is not RetentionSetter.MEMBER


def gone_among(*, public_ids: Collection[UUID]) -> dict[UUID, Gone]:
    """Which of these objects a sweep has taken."""
    rows = Doom.objects.filter(kind=DoomKind.KEY, content_id__in=public_ids)
    found: dict[UUID, Gone] = {}
    first = rows.order_by("content_id", "id").distinct("content_id")
    for row in first.only("content_id", "content_kind", "doomed_at"):
        if row.content_id is not None:
            noun = kinds.swept_named(str(row.content_kind)).noun
            found[row.content_id] = Gone(
                public_id=row.content_id, noun=noun, at=row.doomed_at
            )
    return found


def stored_among(
    *,
    workspace: WorkspaceRef,
    public_ids: Collection[UUID],
    membership_id: int | None = None,
    at: datetime,
) -> dict[UUID, Stored]:
    """Which of these objects are in store, in the open scope: all, or a member's."""
    wanted: dict[str, Any] = {"public_id__in": public_ids}
    mine = {} if membership_id is None else {"owner_id": membership_id}
    rows: Any = Conversation.objects.filter(staged_by__isnull=True, **wanted, **mine)
    rows = list(rows.defer("title", "raw"))
    stands = standing.of_conversations(
        workspace=workspace, ids=[row.pk for row in rows], at=at
    )
    found = _stored(rows, "conversation", "owner_id", stands)
    for kind, storage in content_kinds.simple():
        mine = {} if membership_id is None else {storage.owner: membership_id}
        rows = list(kind.rows.filter(**wanted, **mine))
        stands = standing.of_objects(
            workspace=workspace,
            kind=kind,
            storage=storage,
            ids=[row.pk for row in rows],
            at=at,
        )
        found += _stored(rows, storage.noun, storage.owner, stands)
    return {one.public_id: one for one in found}


def with_refusals(
    found: Mapping[UUID, Stored], *, workspace: WorkspaceRef
) -> dict[UUID, Stored]:
    """The same, each with the last request of a program that a hold refused."""
    places = acts.newest_refused(
        actions=deleting_actions(), workspace=workspace.public_id, targets=found
    )
    return {
        public_id: replace(one, refused=places.get(public_id))
        for public_id, one in found.items()
    }


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


def _stored(
    rows: list[Any], noun: str, owner: str, stands: Mapping[int, Standing]
) -> list[Stored]:
    return [
        Stored(
            public_id=row.public_id,
            noun=noun,
            owner_id=getattr(row, owner),
            deleted_at=row.deleted_at,
            stands=stands[row.pk],
        )
        for row in rows
        if row.pk in stands
    ]
