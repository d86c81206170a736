"""Ends the stages of a run, and closes its sweeps with their receipts."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError

from audit.log.leaf import moment
from audit.recording import Target, record
from audit.verification.selectors import sealed
from kit import ids, signing, vault
from retention.receipts import documents
from retention.receipts.documents import Signed
from retention.sweeps import kinds
from retention.sweeps.services import leasing
from retention.sweeps.services.leasing import Lease
from retention.sweeps.services.planning import SWEEPER
from retention.sweeps.storage import ALIAS, changed, records, rows, step

_UNDONE = """
select exists (select from retention_sweepslice
               where run_id = %(run)s and done_at is null)
"""
_PURGING = """
update retention_sweep set state = 'purging' where run_id = %(run)s and state = 'sealed'
"""
_TRY_AGAIN = "update retention_sweeprun set passes = passes + 1 where id = %(run)s"
_PURGED = """
with sums as (
    select sweep_id, sum(purged) purged, sum(held) held, sum(skipped) skipped,
           sum(failed) failed, sum(messages) messages, sum(files) files,
           sum(bytes) bytes
    from retention_sweepslice where run_id = %(run)s and kind = 'conversations'
    group by sweep_id
), others as (
    update retention_sweepcount c set purged_n = x.purged, held_n = c.held_n + x.held,
        skipped_n = x.skipped, failed_n = x.failed, bytes_n = x.bytes
    from (select sweep_id, kind, sum(purged) purged, sum(held) held,
                 sum(skipped) skipped, sum(failed) failed, sum(bytes) bytes
          from retention_sweepslice where run_id = %(run)s and kind <> 'conversations'
          group by sweep_id, kind) x
    where c.sweep_id = x.sweep_id and c.kind = x.kind
), sweeps as (
    update retention_sweep s set state = 'destroying', purged_at = %(at)s,
        purged_n = coalesce(x.purged, 0), held_n = s.held_n + coalesce(x.held, 0),
        skipped_n = coalesce(x.skipped, 0), failed_n = coalesce(x.failed, 0),
        messages_n = coalesce(x.messages, 0), files_n = coalesce(x.files, 0),
        bytes_n = coalesce(x.bytes, 0)
    from retention_sweep t left join sums x on x.sweep_id = t.id
    where s.id = t.id and t.run_id = %(run)s and t.state in ('sealed', 'purging')
)
update retention_sweeprun set state = 'destroying' where id = %(run)s
"""
# A file that something else still names is no longer the sweep's: it waits alone for
# the last that names it, and no receipt waits with it or counts it.
_LET_GO = """
update retention_doom d set sweep_id = null
where d.kind = 'blob' and d.is_waiting and d.sweep_id in (
    select s.id from retention_sweep s
    where s.run_id = %(run)s and s.state = 'destroying' and s.destroyed_at is null
) and {named}
"""
_ALL_DESTROYED = """
select s.id, exists (select from retention_sweepslice x
                     where x.sweep_id = s.id and x.keys > 0)
from retention_sweep s
where s.run_id = %(run)s and s.state = 'destroying' and s.destroyed_at is null
  and not exists (select from retention_sweepslice x where x.sweep_id = s.id
                  and x.keys > 0 and x.keys_destroyed_at is null)
  and not exists (select from retention_doom d where d.sweep_id = s.id and d.is_waiting)
"""
_DESTROYED = """
update retention_sweep set destroyed_at = %(at)s
where id = any(%(sweeps)s) and state = 'destroying' and destroyed_at is null
"""
_OPEN_SWEEPS = """
select s.id, s.public_id, s.workspace_id, w.public_id as workspace, w.organization_id,
       o.public_id as organization, s.trigger, s.policy_versions, s.planned_n,
       s.plan_root, s.plan_entry_id, s.purged_n, s.held_n, s.skipped_n, s.failed_n,
       s.messages_n, s.files_n, s.bytes_n, s.planned_at, s.sealed_at, s.purged_at,
       s.destroyed_at,
       (select coalesce(sum(x.keys), 0)::bigint from retention_sweepslice x
        where x.sweep_id = s.id) as keys_n,
       (select count(*) from retention_doom d
        where d.sweep_id = s.id and d.kind = 'blob') as blobs_n,
       (select count(*) from retention_sweepslice x where x.sweep_id = s.id) as slices_n
from retention_sweep s
join workspaces_workspace w on w.id = s.workspace_id
join workspaces_organization o on o.id = w.organization_id
where s.run_id = %(run)s and s.state = 'destroying' and s.destroyed_at is not null
order by s.id
"""
_COUNTS = """
select kind, planned_n, held_n, purged_n, skipped_n, failed_n, bytes_n
from retention_sweepcount where sweep_id = %(sweep)s order by kind
"""
_RECEIPT = """
insert into retention_receipt (workspace_id, public_id, sweep_id, document, signature,
    verifier_key, signed_at)
values (%(workspace)s, %(public_id)s, %(sweep)s, %(document)s, %(signature)s,
    %(verifier_key)s, %(at)s)
"""
_CLOSED = """
update retention_sweep set state = 'closed', ended_at = %(at)s
where id = %(sweep)s and state = 'destroying'
"""
_RUN_CLOSED = """
update retention_sweeprun r set state = 'closed', closed_at = %(at)s
where r.id = %(run)s and not exists (
    select from retention_sweep s where s.run_id = r.id and s.state = 'destroying')
"""


class PlanIsNotSealed(RuntimeError):
    """A purge ran whose plan is under no checkpoint: somebody changed the log."""


@dataclass(frozen=True, kw_only=True)
class _Sweep:
    id: int
    public_id: UUID
    workspace_id: int
    workspace: UUID
    organization_id: int
    organization: UUID
    trigger: str
    policy_versions: str
    planned_n: int
    plan_root: bytes
    plan_entry_id: int
    purged_n: int
    held_n: int
    skipped_n: int
    failed_n: int
    messages_n: int
    files_n: int
    bytes_n: int
    planned_at: datetime
    sealed_at: datetime
    purged_at: datetime
    destroyed_at: datetime
    keys_n: int
    blobs_n: int
    slices_n: int


def end_purge(lease: Lease, *, at: datetime) -> bool:
    """Sums up when every slice is done; otherwise begins another pass."""
    with step():
        leasing.beat(lease)
        if rows(_UNDONE, run=lease.run_id)[0][0]:
            changed(_TRY_AGAIN, run=lease.run_id)
            return False
        changed(_PURGED, run=lease.run_id, at=at)
        return True


def begin_purge(lease: Lease) -> None:
    """Shows the sweeps of a run as purging."""
    changed(_PURGING, run=lease.run_id)


def end_destruction(lease: Lease, *, at: datetime) -> None:
    """Notes the sweeps of which all is destroyed, once it left the vault's files.

    Each on its own: what cannot be destroyed of one workspace, such as a file that the
    store will not delete, holds up no receipt of another.
    """
    changed(_LET_GO.format(named=kinds.refers_to_blob("d.object_id")), run=lease.run_id)
    found = dict(rows(_ALL_DESTROYED, run=lease.run_id))
    if any(found.values()):
        try:
            vault.rewrite()
        except OperationalError:
            return  # someone holds the vault's table; the next round tries again
    with step():
        leasing.beat(lease)
        changed(_DESTROYED, sweeps=list(found), at=at)


def close(lease: Lease, *, at: datetime) -> bool:
    """Signs the receipts of what is destroyed; whether that closed the whole run."""
    key = signing.load_or_create(Path(settings.CUSTOS_LOG_KEY_FILE))
    for found in records(_OPEN_SWEEPS, run=lease.run_id):
        sweep = _Sweep(**found)
        with step():
            leasing.beat(lease)
            document = documents.signed(
                _document(sweep, _others(sweep), at=at), key=key
            )
            _close(sweep, document, at=at)
    with step():
        leasing.beat(lease)
        return changed(_RUN_CLOSED, run=lease.run_id, at=at) > 0


def _close(sweep: _Sweep, signed: Signed, *, at: datetime) -> None:
    if not changed(_CLOSED, sweep=sweep.id, at=at):
        return
    rows(
        _RECEIPT,
        workspace=sweep.workspace_id,
        public_id=ids.new_uuid(),
        sweep=sweep.id,
        document=signed.document,
        signature=signed.signature,
        verifier_key=signed.verifier_key,
        at=at,
    )
    record(
        actor=SWEEPER,
        action="retention.sweep.closed",
        target=Target(kind="sweep", id=sweep.public_id),
        organization_id=sweep.organization_id,
        workspace=sweep.workspace,
        at=at,
        policy=sweep.policy_versions,
        counts={
            "planned": sweep.planned_n,
            "purged": sweep.purged_n,
            "held": sweep.held_n,
            "skipped": sweep.skipped_n,
            "failed": sweep.failed_n,
            "keys": sweep.keys_n,
            "files": sweep.blobs_n,
        },
        digests={"receipt": signed.digest},
        using=ALIAS,
    )


def _others(sweep: _Sweep) -> list[dict[str, Any]]:
    """What the sweep met of each kind beside conversations."""
    return records(_COUNTS, sweep=sweep.id)


def _document(
    sweep: _Sweep, others: list[dict[str, Any]], *, at: datetime
) -> dict[str, Any]:
    backups = settings.CUSTOS_VAULT_BACKUP_DAYS
    document: dict[str, Any] = {
        "organization": str(sweep.organization),
        "workspace": str(sweep.workspace),
        "sweep": str(sweep.public_id),
        "trigger": sweep.trigger,
        "policy": sweep.policy_versions,
        "plan": {
            "conversations": sweep.planned_n,
            "slices": sweep.slices_n,
            "root": bytes(sweep.plan_root).hex(),
            "entry": _entry(sweep),
            "planned_at": moment(sweep.planned_at),
            "sealed_at": moment(sweep.sealed_at),
        },
        "result": {
            "purged": sweep.purged_n,
            "messages": sweep.messages_n,
            "files": sweep.files_n,
            "bytes": sweep.bytes_n,
            "left_held": sweep.held_n,
            "no_longer_due": sweep.skipped_n,
            "failed": sweep.failed_n,
            "keys_destroyed": sweep.keys_n,
            "files_destroyed": sweep.blobs_n,
        },
        "purged_at": moment(sweep.purged_at),
        "destroyed_at": moment(sweep.destroyed_at),
        "closed_at": moment(at),
        "vault": (
            f"Destroyed in the vault at {moment(sweep.destroyed_at)}; its write-ahead"
            f" log and backups end within {backups} days."
        ),
    }
    if others:
        document["plan"]["others"] = {one["kind"]: one["planned_n"] for one in others}
        document["result"]["others"] = {one["kind"]: _result(one) for one in others}
    return document


def _result(one: dict[str, Any]) -> dict[str, int]:
    return {
        "purged": one["purged_n"],
        "bytes": int(one["bytes_n"]),
        "left_held": one["held_n"],
        "no_longer_due": one["skipped_n"],
        "failed": one["failed_n"],
    }


def _entry(sweep: _Sweep) -> dict[str, Any]:
    """Where anyone finds the plan in the log, and the checkpoint that was above it."""
    place = sealed(
        organization_id=sweep.organization_id,
        entry_id=sweep.plan_entry_id,
        using=ALIAS,
    )
    if place is None:
        raise PlanIsNotSealed(f"the plan of sweep {sweep.public_id} is not sealed")
    return {
        "id": str(place.entry),
        "epoch": place.epoch,
        "index": place.index,
        "hash": place.hashed.hex(),
        "checkpoint": place.checkpoint,
    }
