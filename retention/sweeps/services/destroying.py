"""Destroys doomed keys and blobs, once they are claimed with a synchronous commit."""

import logging
from datetime import datetime
from uuid import UUID

from kit import blobs, vault
from retention.sweeps import kinds
from retention.sweeps.models import DoomKind
from retention.sweeps.storage import changed, rows, step

_LOG = logging.getLogger(__name__)
_AT_ONCE = {DoomKind.KEY: 2_000, DoomKind.BLOB: 200}

_SYNCHRONOUS = "set local synchronous_commit = on"
# A claim lapses after a minute: whoever died over it is repeated, and destroying
# twice is harmless. What anything still refers to, key or blob, is never claimed.
_CLAIM = """
update retention_doom set claimed_at = clock_timestamp()
where id in (
    select d.id from retention_doom d
    where d.kind = %(kind)s and d.destroyed_at is null
      and (d.claimed_at is null
           or d.claimed_at < clock_timestamp() - interval '1 minute')
      and not (d.kind = 'key' and {content}) and not (d.kind = 'blob' and {blobs})
    order by d.id limit %(limit)s for update skip locked)
returning id, object_id
"""
_DESTROYED = """
update retention_doom set destroyed_at = %(at)s
where id = any(%(ids)s) and destroyed_at is null
"""


def destroy_doomed(*, at: datetime) -> int:
    """Destroys one claim of keys and one of blobs, of any run; returns how many."""
    return _destroy_keys(at=at) + _destroy_blobs(at=at)


def _destroy_keys(*, at: datetime) -> int:
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
        return dict(rows(claim, kind=kind.value, limit=_AT_ONCE[kind]))


def _deleted(store: blobs.BlobStore, blob_id: UUID) -> bool:
    try:
        store.delete(blob_id)
    except Exception:  # noqa: BLE001 -- any store's failure means: try again later
        _LOG.warning("The store did not delete blob %s; it is tried again.", blob_id)
        return False
    return True
