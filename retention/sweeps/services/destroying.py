"""Destroys doomed keys and blobs, once they are claimed with a synchronous commit."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit import blobs, vault
from retention.sweeps import kinds
from retention.sweeps.models import DoomKind
from retention.sweeps.storage import changed, rows, step

_LOG = logging.getLogger(__name__)
KEYS_AT_ONCE = 4_000
_ONE_BY_ONE = {DoomKind.KEY: 2_000, DoomKind.BLOB: 200}

_SYNCHRONOUS = "set local synchronous_commit = on"
# A claim lapses after a minute: whoever died over it is repeated, and destroying
# twice is harmless. The keys of a slice are one claim, a row or two for thousands. What
# anything still refers to, key or blob, is not destroyed.
_CLAIM_SLICES = """
with waiting as (
    select id, sum(keys) over (order by id) - keys as before from retention_sweepslice
    where keys > 0 and keys_destroyed_at is null and done_at is not null
      and (keys_claimed_at is null
           or keys_claimed_at < clock_timestamp() - interval '1 minute')
), taken as (
    select id from retention_sweepslice
    where id in (select id from waiting where before < %(limit)s)
      and keys_destroyed_at is null
      and (keys_claimed_at is null
           or keys_claimed_at < clock_timestamp() - interval '1 minute')
    order by id for update skip locked
)
update retention_sweepslice set keys_claimed_at = clock_timestamp()
where id in (select id from taken) returning id
"""
# A slice of which a key is still used is not done.
_KEYS_OF_SLICES = """
select d.id, d.slice_id, d.object_id, {content} as is_used
from retention_sweepslice s join retention_doom d
     on d.slice_id = s.id and d.id between s.doom_first and s.doom_last
where s.id = any(%(slices)s) and d.kind = 'key' and d.destroyed_at is null
"""
_SLICES_DESTROYED = """
with keys as (
    update retention_doom d set claimed_at = s.keys_claimed_at, destroyed_at = %(at)s
    from retention_sweepslice s
    where s.id = any(%(slices)s) and d.id between s.doom_first and s.doom_last
      and d.slice_id = s.id and d.id = any(%(ids)s) and d.destroyed_at is null
)
update retention_sweepslice set keys_destroyed_at = %(at)s
where id = any(%(done)s) and keys_destroyed_at is null
"""
_CLAIM = """
update retention_doom set claimed_at = clock_timestamp()
where id in (
    select d.id from retention_doom d
    where d.kind = %(kind)s and d.is_waiting
      and (d.claimed_at is null
           or d.claimed_at < clock_timestamp() - interval '1 minute')
      and not (d.kind = 'key' and {content}) and not (d.kind = 'blob' and {blobs})
    order by d.id limit %(limit)s for update skip locked)
returning id, object_id
"""
_DESTROYED = """
update retention_doom set destroyed_at = %(at)s, is_waiting = false
where id = any(%(ids)s) and is_waiting
"""


@dataclass(frozen=True, kw_only=True)
class _Key:
    """A doomed key of a slice."""

    doom_id: int
    slice_id: int
    key: UUID
    is_used: bool


def destroy_doomed(*, at: datetime) -> int:
    """Destroys one claim of each sort, of any run; returns how many it destroyed."""
    return _destroy_slices(at=at) + _destroy_single_keys(at=at) + _destroy_blobs(at=at)


def _destroy_slices(*, at: datetime) -> int:
    with step():
        rows(_SYNCHRONOUS)
        slices = [row[0] for row in rows(_CLAIM_SLICES, limit=KEYS_AT_ONCE)]
    if not slices:
        return 0
    statement = _KEYS_OF_SLICES.format(content=kinds.refers_to("d.object_id"))
    found = [
        _Key(doom_id=doom_id, slice_id=slice_id, key=key, is_used=is_used)
        for doom_id, slice_id, key, is_used in rows(statement, slices=slices)
    ]
    free = [one for one in found if not one.is_used]
    vault.destroy([one.key for one in free], at=at)
    changed(
        _SLICES_DESTROYED,
        slices=slices,
        ids=[one.doom_id for one in free],
        done=list(set(slices) - {one.slice_id for one in found if one.is_used}),
        at=at,
    )
    return len(free)


def _destroy_single_keys(*, at: datetime) -> int:
    claimed = _claim(DoomKind.KEY)
    if claimed:
        vault.destroy(list(claimed.values()), at=at)
        changed(_DESTROYED, ids=list(claimed), at=at)
    return len(claimed)


def _destroy_blobs(*, at: datetime) -> int:
    """What fails stays claimed, and is tried again when its claim lapses."""
    claimed = _claim(DoomKind.BLOB)
    if not claimed:
        return 0
    store = blobs.store()
    gone = [row for row, blob_id in claimed.items() if _deleted(store, blob_id)]
    changed(_DESTROYED, ids=gone, at=at)
    return len(gone)


def _claim(kind: DoomKind) -> dict[int, UUID]:
    with step():
        rows(_SYNCHRONOUS)
        claim = _CLAIM.format(
            content=kinds.refers_to("d.object_id"),
            blobs=kinds.refers_to_blob("d.object_id"),
        )
        return dict(rows(claim, kind=kind.value, limit=_ONE_BY_ONE[kind]))


def _deleted(store: blobs.BlobStore, blob_id: UUID) -> bool:
    try:
        store.delete(blob_id)
    except Exception:  # noqa: BLE001 -- any store's failure means: try again later
        _LOG.warning("The store did not delete blob %s; it is tried again.", blob_id)
        return False
    return True
