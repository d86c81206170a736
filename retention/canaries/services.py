"""Plants one canary in each workspace, and tells which outlived their time.

Planting goes the way of every object: a key in the vault, a blob in the store, then the
row. Taking it away is left to the sweep alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kit import blobs, ids, scoping, sealed_streams, sealing, vault
from kit.actor import Actor
from kit.one_by_one import one_by_one
from retention.canaries import rules
from retention.canaries.models import Canary
from retention.incidents import services as incidents
from retention.incidents.models import IncidentKind
from retention.schedules import selectors as schedules
from retention.sweeps.storage import ALIAS, rows
from workspaces.tenancy import plans

_TEXT = b"Custos planted this to see whether what is due goes."
_BY = "custos"
_SUBJECT = "canary"
KEEPER = Actor.system("canaries")

_WITHOUT = """
select w.id, w.organization_id, w.public_id, w.plan, w.key_id
from workspaces_workspace w
where w.state in ('open', 'closing')
  and not exists (select from retention_canary c where c.workspace_id = w.id)
order by w.id limit %(limit)s
"""
_PLANTED = """
select c.workspace_id, w.plan, c.deleted_at
from retention_canary c join workspaces_workspace w on w.id = c.workspace_id
order by c.workspace_id
"""


@dataclass(frozen=True, kw_only=True)
class _Bare:
    workspace_id: int
    organization_id: int
    public_id: UUID
    plan: str
    key_id: UUID


def plant(*, at: datetime, limit: int = 500) -> int:
    """Plants one where there is none, due in a day; returns how many."""
    bare = {one.workspace_id: one for one in _bare(limit)}
    return one_by_one(
        bare, lambda one: _plant(bare[one], at=at), what="canary of workspace"
    )


def overdue(*, at: datetime) -> list[int]:
    """The workspaces whose canary should be gone by now."""
    found = rows(_PLANTED)
    known = schedules.schedules_of(workspace_ids=[r[0] for r in found], using=ALIAS)
    return [
        workspace
        for workspace, plan, deleted_at in found
        if rules.gone_by(due_at=deleted_at + _undo(plan), schedule=known[workspace])
        < at
    ]


def report_overdue(*, at: datetime) -> None:
    """An incident of each workspace whose canary outlived its time; others are over."""
    incidents.sync(
        actor=KEEPER,
        kind=IncidentKind.CANARY,
        found={(workspace, _SUBJECT): 1 for workspace in overdue(at=at)},
        using=ALIAS,
        at=at,
    )


def _bare(limit: int) -> Iterator[_Bare]:
    for workspace_id, organization_id, public_id, plan, key_id in rows(
        _WITHOUT, limit=limit
    ):
        yield _Bare(
            workspace_id=workspace_id,
            organization_id=organization_id,
            public_id=public_id,
            plan=plan,
            key_id=key_id,
        )


def _plant(workspace: _Bare, *, at: datetime) -> int:
    key = vault.make_keys(parent=workspace.key_id)[0]
    public_id, blob = ids.new_uuid(), ids.new_uuid()
    place = sealing.binding(table="retention_canary", row=public_id, column="sealed")
    size = blobs.store().put(
        blob, sealed_streams.seal_stream([_TEXT], key=key.key, aad=place)
    )
    undo_days = plans.of(workspace.plan).default_undo_days
    try:
        with (
            scoping.workspace(
                workspace_id=workspace.workspace_id,
                organization_id=workspace.organization_id,
            ),
            transaction.atomic(),
        ):
            Canary.objects.create(
                workspace_id=workspace.workspace_id,
                public_id=public_id,
                plan_written=workspace.plan,
                key_id=key.id,
                key_made_at=key.made_at,
                blob_id=blob,
                sealed=sealing.seal(_TEXT, key=key.key, aad=place),
                byte_count=size,
                created_at=at,
                deleted_at=rules.deleted_at(planted_at=at, undo_days=undo_days),
                deleted_by=_BY,
            )
    except IntegrityError:
        return 0  # another worker was faster; key and blob are found as orphans
    return 1


def _undo(plan: str) -> timedelta:
    return timedelta(days=plans.of(plan).default_undo_days)
