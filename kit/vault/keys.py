"""Makes, reads and destroys data keys; SQL by hand, each act in one statement."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction

from kit.ids import new_uuid
from kit.sealing import Sealer, new_key
from kit.vault.parents import Parent, Parents
from kit.vault.rows import ALIAS, COLUMNS, KINDS, Kind, WrappedKey, keys_of, query

PARENTS_LIVE_SECONDS = 60

# S608 below: the only thing put into the texts is the constant list of columns.
_READ = f"select {COLUMNS} from vault_vaultkey where id = any(%(keys)s)"  # noqa: S608
_READ_ABOVE = """
with recursive chain as (
    select id, kind, parent_id, wrapped from vault_vaultkey where id = any(%(keys)s)
    union
    select p.id, p.kind, p.parent_id, p.wrapped
      from chain c join vault_vaultkey p on p.id = c.parent_id
)
select id, kind, parent_id, wrapped from chain
"""
# A parent must be alive at the moment of the insert, whatever this process holds.
_INSERT = """
insert into vault_vaultkey (id, kind, parent_id, wrapped)
select n.id, %(kind)s, %(parent)s::uuid, n.wrapped
  from unnest(%(keys)s::uuid[], %(wrapped)s::bytea[]) n(id, wrapped)
 where %(parent)s::uuid is null or exists (
    select from vault_vaultkey where id = %(parent)s::uuid and wrapped is not null)
returning made_at
"""
_DESTROY = """
update vault_vaultkey set wrapped = null, destroyed_at = %(at)s
 where id = any(%(keys)s) and wrapped is not null
"""
_LIVE = """
select id, made_at from vault_vaultkey
 where wrapped is not null and kind = %(kind)s and made_at < %(before)s
   and (made_at, id) > (%(after_time)s, %(after_key)s)
 order by made_at, id limit %(limit)s
"""

_parents = Parents(size=1024, seconds=PARENTS_LIVE_SECONDS)


class ParentIsGone(Exception):
    """A key cannot be made below a key that is missing, destroyed or a leaf."""


@dataclass(frozen=True, kw_only=True)
class DataKey:
    """A key fresh from the vault; `made_at` belongs into the content row."""

    id: UUID
    key: bytes = field(repr=False)
    made_at: datetime


def make_keys(*, parent: UUID | None, n: int = 1) -> list[DataKey]:
    """Make `n` keys below `parent`, or organization keys without one, and commit them.

    Inside an open transaction of the vault they commit with it: do not.
    """
    kind, sealer = _wrapping_below(parent)
    fresh = {new_uuid(): new_key() for _ in range(n)}
    wrapped = [
        WrappedKey(id=one, kind=kind, parent_id=parent).wrap(key, parent=sealer)
        for one, key in fresh.items()
    ]
    rows = query(_INSERT, kind=kind, parent=parent, keys=list(fresh), wrapped=wrapped)
    if len(rows) != n:
        raise ParentIsGone
    return [
        DataKey(id=one, key=key, made_at=made_at)
        for (one, key), (made_at,) in zip(fresh.items(), rows, strict=True)
    ]


def read_keys(ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The keys of these ids in one query; destroyed and missing ones are absent.

    Raises CannotOpen where a stored key is damaged or its installation key is not
    there: that is never to be mistaken for a destroyed key.
    """
    rows = keys_of(_READ, keys=list(ids)) if ids else []
    parents = _parents_of({row.parent_id for row in rows if row.parent_id})
    opened = {row.id: row.open(parent=_sealer(parents, row)) for row in rows}
    return {one: key for one, key in opened.items() if key is not None}


def destroy(ids: Collection[UUID], *, at: datetime) -> int:
    """Destroy keys for good and commit; returns how many were alive until now.

    Claim the doom rows in the content database, with a synchronous commit, before.
    """
    with (
        transaction.atomic(using=ALIAS, durable=True),
        connections[ALIAS].cursor() as cursor,
    ):
        cursor.execute("set local synchronous_commit = on")
        cursor.execute(_DESTROY, {"keys": list(ids), "at": at})
        destroyed: int = cursor.rowcount
    _parents.forget(ids)
    return destroyed


def live_keys(
    *, kind: Kind, made_before: datetime, after: tuple[datetime, UUID], limit: int
) -> list[tuple[datetime, UUID]]:
    """Live keys by (made_at, id) beyond `after`, for the search of orphans."""
    rows = query(
        _LIVE,
        kind=kind,
        before=made_before,
        after_time=after[0],
        after_key=after[1],
        limit=limit,
    )
    return [(made_at, key) for key, made_at in rows]


def _wrapping_below(parent: UUID | None) -> tuple[Kind, Sealer | None]:
    if parent is None:
        return KINDS[0], None
    known = _parents_of({parent}).get(parent)
    if known is None or known.kind == KINDS[-1]:
        raise ParentIsGone
    return KINDS[KINDS.index(known.kind) + 1], known.sealer


def _parents_of(keys: Collection[UUID]) -> dict[UUID, Parent]:
    """Opened parents, from the process where held, else with all above in one query."""
    found = {key: held for key in keys if (held := _parents.get(key))}
    unknown = [key for key in keys if key not in found]
    if not unknown:
        return found
    read_at = _parents.now()
    rows = keys_of(_READ_ABOVE, keys=unknown)
    for row in sorted(rows, key=lambda row: KINDS.index(row.kind)):
        key = row.open(parent=_sealer(found, row))
        if key is not None and row.kind != KINDS[-1]:
            found[row.id] = Parent(sealer=Sealer(key), kind=row.kind)
            _parents.hold(row.id, found[row.id], read_at=read_at)
    return found


def _sealer(parents: dict[UUID, Parent], row: WrappedKey) -> Sealer | None:
    parent = parents.get(row.parent_id) if row.parent_id else None
    return parent.sealer if parent else None
