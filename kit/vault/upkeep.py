"""Moves keys under a new installation key, and destroyed bytes off the disk."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from kit.sealing import CannotOpen, installation_keys
from kit.vault.rows import ALIAS, COLUMNS, WrappedKey, keys_of, query

_FIRST = UUID(int=0)
# Bytes 2 to 5 of an envelope are the id of the key that wrapped it (kit.sealing).
_OUTDATED = f"""
select {COLUMNS} from vault_vaultkey
 where parent_id is null and wrapped is not null and id > %(after)s
   and substring(wrapped from 2 for 4) <> %(newest)s
 order by id limit %(limit)s for update
"""  # noqa: S608
_REWRAP = """
update vault_vaultkey k set wrapped = n.wrapped
  from unnest(%(keys)s::uuid[], %(wrapped)s::bytea[]) n(id, wrapped)
 where k.id = n.id
"""
_GENERATIONS = """
select encode(substring(wrapped from 2 for 4), 'hex'), count(*) from vault_vaultkey
 where parent_id is null and wrapped is not null group by 1 order by 1
"""


@dataclass(frozen=True, kw_only=True)
class Rewrap:
    """One batch: how many keys moved, which ones do not open, where to go on."""

    moved: int
    unopenable: tuple[UUID, ...]
    last: UUID | None


def rewrap(*, limit: int = 500, after: UUID | None = None) -> Rewrap:
    """Move one batch of organization keys under the newest installation key.

    Call again with `after=batch.last` until `last` is None; stopped halfway, start
    from the beginning: what has moved is not picked again. Older installation keys
    may leave the file once `generations` no longer names them.
    """
    ring = installation_keys()
    with transaction.atomic(using=ALIAS):
        rows = keys_of(
            _OUTDATED, newest=ring.newest_id, after=after or _FIRST, limit=limit
        )
        rewrapped = {row.id: _rewrapped(row) for row in rows}
        moved = {one: wrapped for one, wrapped in rewrapped.items() if wrapped}
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                _REWRAP, {"keys": list(moved), "wrapped": list(moved.values())}
            )
    return Rewrap(
        moved=len(moved),
        unopenable=tuple(one for one in rewrapped if one not in moved),
        last=rows[-1].id if rows else None,
    )


def generations() -> dict[str, int]:
    """How many organization keys each installation key wraps, by its id in hex."""
    return {str(key): count for key, count in query(_GENERATIONS)}


def rewrite() -> None:
    """Write the key table anew, so that its files hold no destroyed key any more.

    A plain VACUUM leaves most of the bytes in place. The write-ahead log and backups
    keep them until they end. Waits at most five seconds for the table.
    """
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("set lock_timeout = '5s'")
        try:
            cursor.execute("vacuum (full, analyze) vault_vaultkey")
        finally:
            cursor.execute("reset lock_timeout")


def _rewrapped(row: WrappedKey) -> bytes | None:
    try:
        key = row.open(parent=None)
    except CannotOpen:
        return None
    return row.wrap(key, parent=None) if key is not None else None
