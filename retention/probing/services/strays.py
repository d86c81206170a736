"""Finds blobs that no row names any more, or never did, and puts them to be destroyed.

A blob is written before its row, and a crash can come between. So one without a
referrer is only noted at first. If it still has none a day later, and no transaction
runs that began before that day, nobody can name it any more: it is doomed. Destroying
asks every referrer once more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from kit import blobs
from retention.sweeps import kinds
from retention.sweeps import services as sweeps
from retention.sweeps.storage import changed, rows, step

AGE = timedelta(days=1)
PARTS = 256
_AT_ONCE = 1_000

_NOTE = """
with unnamed as (
    select k from unnest(%(blobs)s::uuid[]) k where not {referred}
      and not exists (select from retention_doom d where d.kind = 'blob'
                      and d.object_id = k and d.destroyed_at is null)
), named as (
    delete from retention_blobsighting
    where blob_id = any(%(blobs)s) and blob_id not in (select k from unnamed)
)
insert into retention_blobsighting (blob_id, seen_at)
select k, clock_timestamp() from unnamed on conflict do nothing
"""
# The sweeper sees every session; without that right it takes nothing for a stray.
_STRAYS = """
select b.blob_id from retention_blobsighting b
where b.blob_id = any(%(blobs)s) and b.seen_at < least(
          clock_timestamp(),
          (select min(xact_start) from pg_stat_activity
           where datname = current_database())) - %(age)s::interval
  and pg_has_role(current_user, 'pg_read_all_stats', 'usage') and not {referred}
"""
_FORGET = "delete from retention_blobsighting where blob_id = any(%(blobs)s)"


def doom_strays(*, part: int, at: datetime) -> int:
    """Looks through one of 256 parts of the store; returns how many it doomed.

    After the first part goes what killed writers left half written in the store.
    """
    doomed = 0
    for page in _pages(blobs.store().ids(starting=f"{part % PARTS:02x}")):
        # Two statements, two snapshots: the second sees what was named meanwhile.
        changed(_NOTE.format(referred=kinds.refers_to_blob("k")), blobs=page)
        asked = _STRAYS.format(referred=kinds.refers_to_blob("b.blob_id"))
        strays = [row[0] for row in rows(asked, blobs=page, age=AGE)]
        if strays:
            doomed += sweeps.doom_blobs(strays, at=at)
            with step():
                changed(_FORGET, blobs=strays)
    if part % PARTS == 0:
        blobs.store().forget_unfinished(older_than=AGE)
    return doomed


def _pages(ids: Iterator[UUID]) -> Iterator[list[UUID]]:
    while page := list(islice(ids, _AT_ONCE)):
        yield page
