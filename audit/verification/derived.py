"""Compares what is derived from sealed entries with them: the list, and the tiles.

Nothing here is signed, but pages and proofs are read from it. Both are compared while
the walk recomputes the tree, a batch at a time, so memory stays flat. PostgreSQL writes
what the list says as the words of an entry and compares the bytes; where they differ
the entry is read again as the sequencer read it, so that no odd one is mistaken for a
flaw.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from audit.log import storage
from audit.log.facets import Facet, facet_of
from audit.log.storage import Place
from audit.log.tiles import WIDTH, tile_root

LISTED = 2_048
"""Entries whose list is compared at once."""
_TILES = 64


@dataclass(frozen=True, kw_only=True)
class Unlisted:
    """The first place where the list does not say what the log holds."""

    index: int
    is_hidden: bool


# An entry of ours begins with its action and actor and ends with its target and time:
# its keys are sorted. Each row of the list is found by its whole key, whatever the
# planner believes of a table that has just grown.
_UNLIKE = """
with entry as materialized (
    select %(first)s + row_number() over (order by e.epoch, e.xid, e.id) - 1 as index,
           e.id, e.leaf
      from audit_entry e
     where e.organization_id = %(organization)s
       and (e.epoch, e.xid, e.id) > (%(after)s, %(after_xid)s::text::xid8, %(after_id)s)
       and (e.epoch, e.xid, e.id) <= (%(until)s, %(until_xid)s::text::xid8,
                                      %(until_id)s)),
pair as materialized (
    select e.index, e.leaf, e.id, d.subject, f.entry_id, f.at, f.action, f.outcome,
           f.actor_kind, f.actor, f.target_kind, f.target_id, f.workspace,
           '{"action":"' || f.action || '",' as does,
           '"actor_kind":"' || f.actor_kind || '",' as kind,
           ',"outcome":"' || f.outcome || '",' as ended,
           '"target_id":"' || f.target_id || '","target_kind":"' || f.target_kind
           || '","time":"'
           || to_char(f.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           || '","v":1' || coalesce(',"workspace":"' || f.workspace || '"', '') || '}'
           as tail
      from entry e
      left join lateral (
        select * from audit_facet x where x.organization_id = %(organization)s
           and x.epoch = %(epoch)s and x.index = e.index offset 0) f on true
      left join lateral (
        select x.subject from audit_detail x where x.organization_id = %(organization)s
           and x.entry_id = e.id and x.part = 'actor' offset 0) d on true),
said as materialized (
    select p.*, convert_to(does || kind, 'UTF8') as by_person,
           convert_to(does || '"actor":"' || actor || '",' || kind, 'UTF8') as by_part,
           convert_to(ended || tail, 'UTF8') as freely,
           convert_to('",' || tail, 'UTF8') as tail_bytes,
           convert_to(ended || '"policy":"', 'UTF8') as by_policy
      from pair p)
select index, leaf, id, subject, entry_id, at, action, outcome, actor_kind, actor,
       target_kind, target_id, workspace
  from said
 where (entry_id = id
    and (substring(leaf from 1 for length(by_person)) = by_person
         and actor = coalesce(nullif(subject, ''), actor)
         or substring(leaf from 1 for length(by_part)) = by_part)
    and (substring(leaf from length(leaf) - length(freely) + 1) = freely
         or substring(leaf from length(leaf) - length(tail_bytes) + 1) = tail_bytes
            and position(by_policy in leaf) > 0)) is not true
 order by index
"""
_BEYOND = """
with sealed as materialized (
    select coalesce((
        select b.first + b.n from audit_block b
         where b.organization_id = %(organization)s and b.epoch = %(epoch)s
         order by b.first desc limit 1), 0) as size)
select least(
    (select min(f.index) from audit_facet f
      where f.organization_id = %(organization)s and f.epoch = %(epoch)s
        and f.index < %(listed_from)s),
    (select min(f.index) from audit_facet f
      where f.organization_id = %(organization)s and f.epoch = %(epoch)s
        and f.index >= (select size from sealed)),
    (select min(greatest(t.number, 0)) from audit_tile t
      where t.organization_id = %(organization)s and t.epoch = %(epoch)s
        and case when t.level between 0 and 6 and t.number >= 0
                 then t.number >= (select size from sealed) >> (8 * (t.level + 1))
                 else true end))
"""
# From one epoch to the next along each primary key: rows are never counted.
_OUTSIDE = """
with recursive {facets}, {tiles}
select min(epoch)
  from (select epoch from audit_facet_epochs
         union all select epoch from audit_tile_epochs) known
 where epoch is not null and not exists (
    select from audit_block b
     where b.organization_id = %(organization)s and b.epoch = known.epoch)
"""
_EPOCHS = """
{table}_epochs(epoch) as (
    select min(epoch) from {table} where organization_id = %(organization)s
    union all
    select (select min(x.epoch) from {table} x
             where x.organization_id = %(organization)s and x.epoch > one.epoch)
      from {table}_epochs one where one.epoch is not null)
"""
_WRONG_TILES = """
select w.level, w.number
  from unnest(%(levels)s::int[], %(numbers)s::bigint[], %(digests)s::bytea[],
              %(roots)s::bytea[]) as w(level, number, digest, root)
  left join audit_tile t on t.organization_id = %(organization)s
   and t.epoch = %(epoch)s and t.level = w.level and t.number = w.number
 where (sha256(t.hashes) = w.digest and t.root = w.root) is not true
 order by w.level, w.number limit 1
"""


def unlisted(
    *,
    organization_id: int,
    epoch: int,
    first: int,
    after: Place,
    until: Place,
    using: str,
) -> Unlisted | None:
    """Compares the list with the entries of a log beyond `after` up to `until`."""
    found = storage.rows_named(
        using,
        _UNLIKE,
        organization=organization_id,
        epoch=epoch,
        first=first,
        **_named("after", after),
        **_named("until", until),
    )
    for index, leaf, entry_id, subject, *listed in found:
        if listed[0] is None:
            return Unlisted(index=index, is_hidden=True)
        if not _says(listed, bytes(leaf), entry_id=entry_id, subject=subject):
            return Unlisted(index=index, is_hidden=False)
    return None


def beyond(
    *, organization_id: int, epoch: int, listed_from: int, using: str
) -> int | None:
    """The first place of the list, or number of a tile, that no block covers.

    What is listed before `listed_from` lists entries that are pruned.
    """
    found = storage.rows_named(
        using,
        _BEYOND,
        organization=organization_id,
        epoch=epoch,
        listed_from=listed_from,
    )
    return None if found[0][0] is None else int(found[0][0])


def outside(*, organization_id: int, using: str) -> int | None:
    """The first epoch in which something is listed, or tiled, and nothing sealed."""
    sql = _OUTSIDE.format(
        facets=_EPOCHS.format(table="audit_facet"),
        tiles=_EPOCHS.format(table="audit_tile"),
    )
    found = storage.rows_named(using, sql, organization=organization_id)
    return None if found[0][0] is None else int(found[0][0])


class Tiles:
    """Grows the tiles of one epoch beside its tree, and compares those stored."""

    def __init__(self, *, organization_id: int, epoch: int, using: str) -> None:
        self._place = {"organization": organization_id, "epoch": epoch}
        self._using = using
        self._open: list[list[bytes]] = []
        self._made: list[int] = []
        self._due: list[tuple[int, int, bytes, bytes]] = []

    def add(self, hashes: Iterable[bytes]) -> int | None:
        """Takes the next leaf hashes; the first entry under a tile that differs."""
        for hashed in hashes:
            self._append(0, hashed)
        return self.compared() if len(self._due) >= _TILES else None

    def compared(self) -> int | None:
        """Compares what is due; the first entry under a tile that differs."""
        due, self._due = self._due, []
        if not due:
            return None
        levels, numbers, digests, roots = zip(*due, strict=True)
        found = storage.rows_named(
            self._using,
            _WRONG_TILES,
            levels=list(levels),
            numbers=list(numbers),
            digests=list(digests),
            roots=list(roots),
            **self._place,
        )
        return found[0][1] * WIDTH ** (found[0][0] + 1) if found else None

    def _append(self, level: int, hashed: bytes) -> None:
        if level == len(self._open):
            self._open.append([])
            self._made.append(0)
        width = self._open[level]
        width.append(hashed)
        if len(width) < WIDTH:
            return
        hashes = b"".join(width)
        root = tile_root(hashes)
        digest = sha256(hashes).digest()
        self._due.append((level, self._made[level], digest, root))
        self._made[level] += 1
        width.clear()
        self._append(level + 1, root)


def _named(name: str, place: Place) -> dict[str, int]:
    epoch, xid, entry_id = place
    return {name: epoch, f"{name}_xid": xid, f"{name}_id": entry_id}


def _says(
    listed: list[Any], leaf: bytes, *, entry_id: int, subject: str | None
) -> bool:
    """Whether a row of the list says what the sequencer read from the leaf.

    A person's id is no part of the leaf: it must be that of the details, where they
    are not erased. Bytes that are no entry took the time of their seal.
    """
    of, at, action, outcome, actor_kind, actor, target_kind, target_id, workspace = (
        listed
    )
    said = Facet(
        at=at,
        action=action,
        outcome=outcome,
        actor_kind=actor_kind,
        actor=actor,
        target_kind=target_kind,
        target_id=_text(target_id),
        workspace=_text(workspace),
    )
    read = facet_of(leaf, subject=subject or actor, sealed_at=at)
    return bool(of == entry_id and said == read)


def _text(uuid: UUID | None) -> str | None:
    return None if uuid is None else str(uuid)
