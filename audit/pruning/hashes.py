"""Compares what is about to go with what was sealed, and gives the root at a boundary.

An entry that was tampered with must not go: it is what a verification would find.
"""

from audit.log import note, storage
from audit.log.note import NoteRefused
from audit.log.pruned import Boundary
from audit.log.selectors import Log
from audit.log.storage import Block
from audit.log.tree import EMPTY_ROOT, CompactRange, leaf_hash, split_hashes
from kit.signing import VerifierKey

_LEAVES = """
select f.index, e.leaf from audit_facet f
  join audit_entry e on e.id = f.entry_id and e.organization_id = f.organization_id
 where f.organization_id = %s and f.epoch = %s and f.index >= %s and f.index < %s
 order by f.index
"""


class DoesNotHold(Exception):
    """Entries are not what a signed head covers; `index` is the first of the range."""

    def __init__(self, *, epoch: int, index: int) -> None:
        super().__init__(epoch, index)
        self.epoch, self.index = epoch, index


def root_at(
    log: Log, boundary: Boundary, *, keys: list[VerifierKey], using: str
) -> bytes:
    """The root of the tree before a boundary, proven by the signed heads around it."""
    if boundary.index == 0:
        return EMPTY_ROOT
    last = boundary.index - 1
    tree, hashes = _sealed(
        log, epoch=boundary.epoch, first=last, end=last + 1, keys=keys, using=using
    )
    for hashed in hashes[: boundary.index - tree.size]:
        tree.append(hashed)
    return tree.root


def demand_sealed(
    log: Log, *, epoch: int, first: int, end: int, keys: list[VerifierKey], using: str
) -> None:
    """Raises DoesNotHold unless the entries [first, end) are those that were sealed."""
    tree, hashes = _sealed(
        log, epoch=epoch, first=first, end=end, keys=keys, using=using
    )
    wanted = hashes[first - tree.size : end - tree.size]
    found = storage.rows(using, _LEAVES, log.organization_id, epoch, first, end)
    if [index for index, _leaf in found] != list(range(first, end)):
        raise DoesNotHold(epoch=epoch, index=first)
    if [leaf_hash(bytes(leaf)) for _index, leaf in found] != wanted:
        raise DoesNotHold(epoch=epoch, index=first)


def _sealed(
    log: Log, *, epoch: int, first: int, end: int, keys: list[VerifierKey], using: str
) -> tuple[CompactRange, list[bytes]]:
    """The tree before the block of `first`, and the hashes of blocks up to `end`."""
    blocks = storage.blocks_over(
        organization_id=log.organization_id,
        epoch=epoch,
        first=first,
        end=end,
        using=using,
    )
    refusal = DoesNotHold(epoch=epoch, index=first)
    if not blocks or blocks[-1].end < end:
        raise refusal
    before = CompactRange()
    if blocks[0].first:
        earlier = storage.block_ending_at(
            organization_id=log.organization_id,
            epoch=epoch,
            size=blocks[0].first,
            using=using,
        )
        if earlier is None:
            raise refusal
        before = earlier.tree()
    grown = CompactRange(size=before.size, peaks=before.peaks)
    for block in blocks:
        _grow(log, grown, block, keys=keys, refusal=refusal)
    return before, [one for block in blocks for one in split_hashes(block.hashes)]


def _grow(
    log: Log,
    tree: CompactRange,
    block: Block,
    *,
    keys: list[VerifierKey],
    refusal: DoesNotHold,
) -> None:
    """Adds a block; what it leads to must be what its head says, which was signed."""
    for hashed in split_hashes(block.hashes):
        tree.append(hashed)
    try:
        head = note.opened(block.note, keys=keys)
    except NoteRefused:
        raise refusal from None
    here = (log.named(block.epoch), tree.size, tree.root)
    if (head.origin, head.size, head.root) != here:
        raise refusal
