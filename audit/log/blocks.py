"""Seals a run of entries into the tree of one log: blocks, list, tiles, heads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connections

from audit.log import heads, note, storage, tiles, tree
from audit.log.facets import facet_of
from audit.log.keys import Ring
from audit.log.note import Checkpoint, Ended
from audit.log.selectors import Log
from audit.log.storage import Block, Place
from audit.log.tree import CompactRange
from kit.signing import SigningKey

ALIAS = "sequencer"
BLOCK = 1_024

_INSERT_BLOCK = """
insert into audit_block (organization_id, epoch, first, n, first_epoch, first_xid,
    first_id, last_epoch, last_xid, last_id, hashes, peaks, root, note, sealed_at)
values (%s, %s, %s, %s, %s, %s::text::xid8, %s, %s, %s::text::xid8, %s, %s, %s, %s,
    %s, %s)
"""
_INSERT_TILE = """
insert into audit_tile (organization_id, epoch, level, number, hashes, root)
values (%s, %s, %s, %s, %s, %s)
"""
_INSERT_FACETS = """
insert into audit_facet (organization_id, epoch, index, entry_id, at, action, outcome,
    actor_kind, actor, target_kind, target_id, workspace)
select %s, %s, * from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::uuid[])
"""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An entry that is about to be sealed."""

    place: Place
    leaf: bytes
    subject: str


@dataclass(kw_only=True)
class Seal:
    """One round's work: where it stands, and the heads it will publish."""

    epoch: int
    ring: Ring
    at: datetime
    heads: list[tuple[Log, str]] = field(default_factory=list)


def seal_log(
    work: Seal, log: Log, newest: Block | None, entries: list[Waiting]
) -> None:
    """Seals `entries`, which follow `newest`; RefusesToSign where they must not.

    Nothing is written before the refusal.
    """
    heads.demand_agreement(log, epoch=work.epoch, newest=newest, key=work.ring.current)
    grown = newest.tree() if newest else CompactRange()
    old = grown.size
    previous = heads.ended_before(log, epoch=work.epoch, newest=newest, using=ALIAS)
    origin = log.named(work.epoch)
    newest_note = newest.note if newest else None
    signers = work.ring.signers(origin=origin, newest=newest_note)
    made = list(_blocks(work, log, grown, entries, previous=previous, by=signers))
    with connections[ALIAS].cursor() as cursor:
        cursor.executemany(_INSERT_BLOCK, [_block_row(work, block) for block in made])
        cursor.execute(_INSERT_FACETS, _facet_columns(work, log, old, entries))
        for tile in tiles.completed(old=old, size=grown.size):
            hashes = storage.assembled(
                organization_id=log.organization_id,
                epoch=work.epoch,
                tile=tile,
                using=ALIAS,
            )
            place = (log.organization_id, work.epoch, tile.level, tile.number)
            cursor.execute(_INSERT_TILE, [*place, hashes, tiles.tile_root(hashes)])
    heads.announce(log, epoch=work.epoch, key=work.ring.current)
    work.heads.append((log, made[-1].note))


def _blocks(
    work: Seal,
    log: Log,
    grown: CompactRange,
    entries: list[Waiting],
    *,
    previous: Ended | None,
    by: list[SigningKey],
) -> Iterator[Block]:
    origin = log.named(work.epoch)
    for start in range(0, len(entries), BLOCK):
        cut = entries[start : start + BLOCK]
        hashes = [tree.leaf_hash(entry.leaf) for entry in cut]
        first = grown.size
        for hashed in hashes:
            grown.append(hashed)
        head = Checkpoint(
            origin=origin, size=grown.size, root=grown.root, previous=previous
        )
        yield Block(
            organization_id=log.organization_id,
            epoch=work.epoch,
            first=first,
            n=len(cut),
            first_place=cut[0].place,
            last_place=cut[-1].place,
            hashes=b"".join(hashes),
            peaks=grown.peaks,
            root=grown.root,
            note=note.signed(head, key=by[0], also=by[1:]),
        )


def _block_row(work: Seal, block: Block) -> list[Any]:
    return [
        block.organization_id,
        block.epoch,
        block.first,
        block.n,
        *block.first_place,
        *block.last_place,
        block.hashes,
        block.peaks,
        block.root,
        block.note,
        work.at,
    ]


def _facet_columns(
    work: Seal, log: Log, first: int, entries: list[Waiting]
) -> list[Any]:
    read = partial(facet_of, sealed_at=work.at)
    facets = [read(entry.leaf, subject=entry.subject) for entry in entries]
    return [
        log.organization_id,
        work.epoch,
        list(range(first, first + len(entries))),
        [entry.place[2] for entry in entries],
        [facet.at for facet in facets],
        [facet.action for facet in facets],
        [facet.outcome for facet in facets],
        [facet.actor_kind for facet in facets],
        [facet.actor for facet in facets],
        [facet.target_kind for facet in facets],
        [facet.target_id for facet in facets],
        [facet.workspace for facet in facets],
    ]
