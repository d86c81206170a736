"""Takes away again what a restored database brought back although its key is gone.

A copy of the content database from before a purge still has the rows. The vault's
tombstones name their keys: such rows are hidden at once, as deleted, and a sweep that
plans nothing else purges them, with plan, hold check, entries and receipt as always. A
hold that the copy still has keeps its rows in place; it opens none of them, since their
keys are destroyed. At last each tombstone gets its row in the doom queue, which is how
anyone sees that nothing is left to replay.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from audit.recording import Target, record
from kit import vault
from kit.vault import Tombstone
from retention.sweeps import kinds
from retention.sweeps.services.planning import BY_TOMBSTONE, TOMBSTONES
from retention.sweeps.storage import ALIAS, changed, rows, step
from workspaces.tenancy import plans

_UNKNOWN = "select retention_unknown_keys(%(keys)s)"
# The moment that makes it due: whoever deleted it did so before the key went.
_HIDE = """
with hidden as (
    update {table} c set deleted_at = least(c.deleted_at, t.at), deleted_by = %(by)s
    from unnest(%(keys)s::uuid[], %(times)s::timestamptz[]) t(key, at)
    where c.{key} = t.key and c.deleted_by is distinct from %(by)s
    returning c.workspace_id
)
select w.id, w.public_id, w.organization_id, count(*)
from hidden h join workspaces_workspace w on w.id = h.workspace_id group by w.id
"""
_LEFT = "select distinct workspace_id from {table} where deleted_by = %(by)s"
_SETTLE = """
insert into retention_doom (kind, object_id, is_waiting, doomed_at, claimed_at,
    destroyed_at)
select 'key', t.key, false, t.at, t.at, t.at
from unnest(%(keys)s::uuid[], %(times)s::timestamptz[]) t(key, at)
on conflict do nothing
"""
_DESTROYED = """
select id, object_id from retention_doom
where kind = 'key' and destroyed_at is not null and id > %(after)s
order by id limit %(limit)s
"""


def hide(*, at: datetime) -> int:
    """Hides every row whose key is a tombstone; each workspace's log tells it."""
    hidden = 0
    for batch in vault.tombstones():
        unknown = _unknown(batch)
        if unknown:
            with step():
                hidden += _hide(unknown, at=at)
    return hidden


def workspaces_left() -> list[int]:
    """The workspaces that have hidden rows in store, to be swept."""
    found: set[int] = set()
    for kind in kinds.swept():
        sql = _LEFT.format(table=kind.root)
        found |= {row[0] for row in rows(sql, by=BY_TOMBSTONE)}
    return sorted(found)


def settle() -> int:
    """Gives each tombstone its row in the doom queue; returns how many had none."""
    settled = 0
    for batch in vault.tombstones():
        unknown = _unknown(batch)
        if unknown:
            settled += changed(_SETTLE, **_columns(unknown))
    return settled


def destroy_again(*, at: datetime) -> int:
    """Destroys keys that a restored vault revived; returns how many were alive."""
    after, destroyed = 0, 0
    while found := rows(_DESTROYED, after=after, limit=vault.BATCH):
        destroyed += vault.destroy([key for _id, key in found], at=at)
        after = found[-1][0]
    if destroyed:
        vault.rewrite()
    return destroyed


def _unknown(batch: Sequence[Tombstone]) -> list[Tombstone]:
    keys = [one.key for one in batch]
    unknown: set[UUID] = {row[0] for row in rows(_UNKNOWN, keys=keys)}
    return [one for one in batch if one.key in unknown]


def _hide(batch: Sequence[Tombstone], *, at: datetime) -> int:
    undo = max(one.default_undo_days for one in plans.PROMISES.values())
    columns = _columns(batch, earlier=timedelta(days=undo))
    counts: dict[tuple[int, UUID], Counter[str]] = {}
    for kind in kinds.swept():
        sql = _HIDE.format(table=kind.root, key=kind.key)
        for _id, workspace, organization_id, n in rows(sql, by=BY_TOMBSTONE, **columns):
            place = (organization_id, workspace)
            counts.setdefault(place, Counter())[kind.noun] += n
    for (organization_id, workspace), numbers in counts.items():
        record(
            actor=TOMBSTONES,
            action="retention.tombstones.replayed",
            target=Target(kind="workspace", id=workspace),
            organization_id=organization_id,
            workspace=workspace,
            at=at,
            counts=dict(numbers),
            using=ALIAS,
        )
    return sum(sum(numbers.values()) for numbers in counts.values())


def _columns(
    batch: Sequence[Tombstone], *, earlier: timedelta = timedelta(0)
) -> dict[str, list[object]]:
    return {
        "keys": [one.key for one in batch],
        "times": [one.destroyed_at - earlier for one in batch],
    }
