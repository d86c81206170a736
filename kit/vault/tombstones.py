"""Reads what is left of destroyed keys, to compare a restored database with."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from kit.vault.rows import Kind, query

BATCH = 5_000

_NEWEST = """
select id, destroyed_at from vault_vaultkey
 where destroyed_at is not null and kind = %(kind)s
 order by destroyed_at desc, id desc limit %(limit)s
"""
_ALL = """
select id, destroyed_at from vault_vaultkey
 where destroyed_at is not null and kind = %(kind)s
   and (destroyed_at, id) > (%(time)s, %(key)s)
 order by destroyed_at, id limit %(limit)s
"""
_ALIVE = """
select id from vault_vaultkey where id = any(%(keys)s) and wrapped is not null
"""


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """A key of content that was destroyed."""

    key: UUID
    destroyed_at: datetime


def newest_tombstones(*, limit: int) -> list[Tombstone]:
    """The keys that were destroyed last."""
    return _tombstones(query(_NEWEST, kind=Kind.CONVERSATION, limit=limit))


def tombstones() -> Iterator[list[Tombstone]]:
    """All of them, the oldest first, in batches."""
    time, key = datetime.min.replace(tzinfo=UTC), UUID(int=0)
    while found := _tombstones(
        query(_ALL, kind=Kind.CONVERSATION, time=time, key=key, limit=BATCH)
    ):
        yield found
        time, key = found[-1].destroyed_at, found[-1].key


def alive_among(*, keys: Collection[UUID]) -> set[UUID]:
    """Which of these keys still open something."""
    return {key for (key,) in query(_ALIVE, keys=list(keys))}


def _tombstones(rows: list[tuple[UUID, datetime]]) -> list[Tombstone]:
    return [Tombstone(key=key, destroyed_at=at) for key, at in rows]
