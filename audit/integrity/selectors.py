"""Heads, tiles and proofs of the log in the open scope, as C2SP lays them out."""

import re
from dataclasses import dataclass
from datetime import datetime

from audit.log import checkpoints, keys, note, storage, tree
from audit.log.models import AuditBlock, AuditDetail, AuditEntry, AuditFacet, Part
from audit.log.note import NoteRefused
from audit.log.selectors import Log
from audit.log.storage import Block
from audit.log.tiles import WIDTH, Tile, bundle
from audit.pruning import selectors as pruning
from audit.verification import acts
from kit.signing import VerifierKey

_TILE = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest signed head of one epoch; `is_published` where the file has it too."""

    block: Block
    sealed_at: datetime
    signers: tuple[VerifierKey, ...]
    is_published: bool


def heads(log: Log) -> list[Head]:
    """The last head of each epoch, newest first."""
    epochs = storage.epochs_of(organization_id=log.organization_id, using="default")
    published = checkpoints.last_heads(log.uuid)
    known = checkpoints.keys_of(log.uuid)
    found = [head(log, epoch=epoch) for epoch in reversed(epochs)]
    return [
        Head(
            block=block,
            sealed_at=_sealed_at(block),
            signers=_signers(block.note, known),
            is_published=published.get(block.epoch) == block.note,
        )
        for block in found
        if block is not None
    ]


def head(log: Log, *, epoch: int) -> Block | None:
    """The newest head of an epoch."""
    found = storage.newest_blocks(
        ids=[log.organization_id], epoch=epoch, using="default"
    )
    return next(iter(found), None)


def tile_at(text: str) -> tuple[Tile, bool] | None:
    """The tile of a path below the log's prefix, and whether entries are meant."""
    found = _TILE.fullmatch(text)
    if found is None:
        return None
    level, number, width = found.groups()
    place = int("".join(part.lstrip("x") for part in number.split("/")))
    tile = Tile(
        level=0 if level == "entries" else int(level),
        number=place,
        width=int(width) if width else WIDTH,
    )
    path = tile.entries_path if level == "entries" else tile.path
    return (tile, level == "entries") if path == text and tile.width <= WIDTH else None


def tile_bytes(log: Log, *, epoch: int, path: str) -> bytes | None:
    """The bytes of a tile or of the entries below one; None beyond the head.

    Pruned where these entries are gone; tiles of hashes never go.
    """
    wanted, block = tile_at(path), head(log, epoch=epoch)
    if wanted is None or block is None:
        return None
    tile, are_entries = wanted
    if (block.end >> (8 * tile.level)) < tile.number * WIDTH + tile.width:
        return None
    if are_entries:
        pruning.demand_kept(epoch=epoch, index=tile.number * WIDTH)
        return _entries(epoch=epoch, tile=tile)
    return storage.tile_hashes(
        organization_id=log.organization_id, epoch=epoch, tile=tile, using="default"
    )


def consistency(
    log: Log, *, epoch: int, old: int, size: int | None = None
) -> tuple[int, list[bytes]] | None:
    """The size of a head and the hashes that show `old` entries unchanged below it.

    `size` is that of the newest head unless given; None where there is no such head.
    """
    block = head(log, epoch=epoch)
    if block is not None and size is not None and size != block.end:
        block = storage.block_ending_at(
            organization_id=log.organization_id, epoch=epoch, size=size, using="default"
        )
    if block is None or not 0 < old <= block.end:
        return None
    return block.end, acts.consistency(block, old=old)


@dataclass(frozen=True, kw_only=True)
class Provable:
    """One sealed entry with what a proof file holds of it."""

    leaf: bytes
    index: int
    hashes: list[bytes]
    checkpoint: str
    details: list[tuple[Part, bytes]]


def provable(log: Log, *, epoch: int, index: int) -> Provable | None:
    """An entry, how it leads to the newest head, and its sealed details."""
    block = head(log, epoch=epoch)
    facet = AuditFacet.objects.filter(epoch=epoch, index=index).first()
    if block is None or facet is None or block.end <= index:
        return None
    leaf = AuditEntry.objects.filter(pk=facet.entry_id).values_list("leaf", flat=True)
    rows = AuditDetail.objects.filter(entry_id=facet.entry_id)
    return Provable(
        leaf=bytes(leaf[0]),
        index=index,
        hashes=acts.path(block, index=index),
        checkpoint=block.note,
        details=[(Part(row.part), bytes(row.sealed)) for row in rows],
    )


def is_extended(log: Log, *, epoch: int, size: int, root: bytes) -> bool:
    """Whether the log still holds the head that somebody saw."""
    block = head(log, epoch=epoch)
    if block is None or block.end < size:
        return False
    try:
        tree.check_consistency(
            old=size,
            size=block.end,
            proof=acts.consistency(block, old=size),
            old_root=root,
            root=block.root,
        )
    except (tree.ProofRefused, ValueError):
        return False
    return keys.signed_by_any(block.note, keys=checkpoints.keys_of(log.uuid))


def _entries(*, epoch: int, tile: Tile) -> bytes | None:
    first = tile.number * WIDTH
    places = AuditFacet.objects.filter(
        epoch=epoch, index__gte=first, index__lt=first + tile.width
    )
    ids = list(places.order_by("index").values_list("entry_id", flat=True))
    mine = AuditEntry.objects.filter(pk__in=ids)
    leaves = {pk: bytes(leaf) for pk, leaf in mine.values_list("pk", "leaf")}
    if len(leaves) < tile.width:
        return None
    return bundle(leaves[one] for one in ids)


def _sealed_at(block: Block) -> datetime:
    return AuditBlock.objects.values_list("sealed_at", flat=True).get(
        epoch=block.epoch, first=block.first
    )


def _signers(text: str, known: list[VerifierKey]) -> tuple[VerifierKey, ...]:
    try:
        return tuple(note.signers(text, keys=known))
    except NoteRefused:
        return ()
