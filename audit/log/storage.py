"""The SQL that reads entries, blocks and tiles in the log's order.

Every statement orders by `e.xid`, never by an output column: as text, "1000" would
come before "999".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from audit.log.tiles import WIDTH, Tile
from audit.log.tree import HASH_BYTES, CompactRange

BATCH = 2_000

Place = tuple[int, int, int]
"""(epoch, xid, id): an entry's place in the one order of all entries.

The epoch is that of the entry: what was left unsealed when an epoch ended opens the
tree of the next one.
"""

START: Place = (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One sealed run of entries."""

    organization_id: int
    epoch: int
    first: int
    n: int
    first_place: Place
    last_place: Place
    hashes: bytes
    peaks: bytes
    root: bytes
    note: str

    @property
    def end(self) -> int:
        """The size of the tree under this block's checkpoint."""
        return self.first + self.n

    def tree(self) -> CompactRange:
        """The tree after this block."""
        return CompactRange(size=self.end, peaks=self.peaks)


_BLOCK = (
    "b.organization_id, b.epoch, b.first, b.n, b.first_epoch, b.first_xid::text,"
    " b.first_id, b.last_epoch, b.last_xid::text, b.last_id, b.hashes, b.peaks,"
    " b.root, b.note"
)


def rows(using: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def rows_named(using: str, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement with named parameters."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def newest_blocks(*, ids: Sequence[int], epoch: int, using: str) -> list[Block]:
    """The last block of each of these organizations in one epoch."""
    sql = (
        f"select {_BLOCK} from unnest(%s::bigint[]) o(id) cross join lateral ("  # noqa: S608
        " select * from audit_block x where x.organization_id = o.id"
        " and x.epoch = %s order by x.first desc limit 1) b"
    )
    return [_block(row) for row in rows(using, sql, list(ids), epoch)]


def blocks_from(
    *, organization_id: int, epoch: int, first: int, using: str, limit: int = 200
) -> list[Block]:
    """The blocks of a log from index `first` on, in order."""
    sql = (
        f"select {_BLOCK} from audit_block b where b.organization_id = %s"  # noqa: S608
        " and b.epoch = %s and b.first >= %s order by b.first limit %s"
    )
    return [
        _block(row) for row in rows(using, sql, organization_id, epoch, first, limit)
    ]


def blocks_over(
    *, organization_id: int, epoch: int, first: int, end: int, using: str
) -> list[Block]:
    """The blocks that hold the entries [first, end), in order."""
    sql = (
        f"select {_BLOCK} from audit_block b where b.organization_id = %s"  # noqa: S608
        " and b.epoch = %s and b.first < %s and b.first + b.n > %s and b.first >"
        " %s - 1024 order by b.first"
    )
    found = rows(using, sql, organization_id, epoch, end, first, first)
    return [_block(row) for row in found]


def block_ending_at(
    *, organization_id: int, epoch: int, size: int, using: str
) -> Block | None:
    """The block after which the tree had this size."""
    sql = (
        f"select {_BLOCK} from audit_block b where b.organization_id = %s"  # noqa: S608
        " and b.epoch = %s and b.first < %s order by b.first desc limit 1"
    )
    found = [_block(row) for row in rows(using, sql, organization_id, epoch, size)]
    return next((block for block in found if block.end == size), None)


def epochs_of(*, organization_id: int, using: str) -> list[int]:
    """The epochs in which a log has sealed entries."""
    sql = "select distinct epoch from audit_block where organization_id = %s order by 1"
    return [epoch for (epoch,) in rows(using, sql, organization_id)]


def leaves_between(
    *, organization_id: int, after: Place, until: Place, using: str
) -> Iterator[tuple[Place, bytes]]:
    """The leaves of a log beyond `after` up to `until`, a batch at a time."""
    sql = (
        "select e.epoch, e.xid::text, e.id, e.leaf from audit_entry e"
        " where e.organization_id = %s"
        " and (e.epoch, e.xid, e.id) > (%s, %s::text::xid8, %s)"
        " and (e.epoch, e.xid, e.id) <= (%s, %s::text::xid8, %s)"
        " order by e.epoch, e.xid, e.id limit %s"
    )
    while True:
        found = rows(using, sql, organization_id, *after, *until, BATCH)
        for epoch, xid, entry_id, leaf in found:
            after = (epoch, int(xid), entry_id)
            yield after, bytes(leaf)
        if len(found) < BATCH:
            return


def place_before(
    *, organization_id: int, epoch: int, index: int, using: str
) -> Place | None:
    """A place that the entries of a log from (epoch, index) on lie beyond."""
    found = rows(
        using,
        "select e.epoch, e.xid::text, e.id from audit_facet f"
        " join audit_entry e on e.id = f.entry_id"
        " where f.organization_id = %s and e.organization_id = f.organization_id"
        " and (f.epoch, f.index) >= (%s, %s) order by f.epoch, f.index limit 1",
        organization_id,
        epoch,
        index,
    )
    return (found[0][0], int(found[0][1]), found[0][2] - 1) if found else None


def tile_hashes(*, organization_id: int, epoch: int, tile: Tile, using: str) -> bytes:
    """The hashes of a tile, whole from its row or partial from what is below it."""
    if tile.width == WIDTH:
        found = rows(
            using,
            "select hashes from audit_tile where organization_id = %s and epoch = %s"
            " and level = %s and number = %s",
            organization_id,
            epoch,
            tile.level,
            tile.number,
        )
        if found:
            return bytes(found[0][0])
    return assembled(
        organization_id=organization_id, epoch=epoch, tile=tile, using=using
    )


def assembled(*, organization_id: int, epoch: int, tile: Tile, using: str) -> bytes:
    """The hashes of a tile from the level below: blocks, or the roots of tiles."""
    first = tile.number * WIDTH
    if tile.level == 0:
        return _leaf_hashes(organization_id, epoch, first, first + tile.width, using)
    found = rows(
        using,
        "select root from audit_tile where organization_id = %s and epoch = %s"
        " and level = %s and number >= %s and number < %s order by number",
        organization_id,
        epoch,
        tile.level - 1,
        first,
        first + tile.width,
    )
    return b"".join(bytes(root) for (root,) in found)


def _leaf_hashes(
    organization_id: int, epoch: int, start: int, end: int, using: str
) -> bytes:
    found = rows(
        using,
        "select b.first, b.hashes from audit_block b where b.organization_id = %s"
        " and b.epoch = %s and b.first < %s and b.first >= coalesce(("
        " select max(x.first) from audit_block x where x.organization_id = %s"
        " and x.epoch = %s and x.first <= %s), 0) order by b.first",
        organization_id,
        epoch,
        end,
        organization_id,
        epoch,
        start,
    )
    if not found:
        return b""
    joined = b"".join(bytes(hashes) for _first, hashes in found)
    skipped = (start - found[0][0]) * HASH_BYTES
    return joined[skipped : skipped + (end - start) * HASH_BYTES]


def _block(row: tuple[Any, ...]) -> Block:
    return Block(
        organization_id=row[0],
        epoch=row[1],
        first=row[2],
        n=row[3],
        first_place=(row[4], int(row[5]), row[6]),
        last_place=(row[7], int(row[8]), row[9]),
        hashes=bytes(row[10]),
        peaks=bytes(row[11]),
        root=bytes(row[12]),
        note=row[13],
    )
