"""Recomputes a log from its leaves to its signed heads and names the first flaw.

It trusts the verifier keys and the newest head, which are kept outside the database,
and nothing that the database holds: every hash is computed again. Memory stays flat,
since blocks and leaves are read a few at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from audit.log import checkpoints, note, storage
from audit.log.heads import epoch_of
from audit.log.note import Checkpoint, NoteRefused
from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.log.tree import CompactRange, leaf_hash, split_hashes
from kit.signing import VerifierKey

_TELL_EVERY = 10_000


class Flaw(StrEnum):
    """Why a log does not hold; the value is stored."""

    EDITED = "edited"
    MISSING = "missing"
    ADDED = "added"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    SIGNATURE = "signature"
    TRUNCATED = "truncated"
    FORKED = "forked"
    UNSEALED = "unsealed"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first flaw of a log: the entry, in the tree of an epoch."""

    flaw: Flaw
    epoch: int
    index: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a walk over one log found."""

    entries: int
    finding: Finding | None


Progress = Callable[[int], None]


def walk(log: Log, *, using: str, progress: Progress = lambda _checked: None) -> Result:
    """Walks all epochs of a log; `progress` hears how many entries are checked."""
    return _Walk(log, using=using, progress=progress).result()


class _Broken(Exception):
    def __init__(self, flaw: Flaw, index: int) -> None:
        super().__init__(flaw)
        self.flaw = flaw
        self.index = index


class _Walk:
    """One walk over one log."""

    def __init__(self, log: Log, *, using: str, progress: Progress) -> None:
        self._log = log
        self._using = using
        self._progress = progress
        self._keys = checkpoints.keys_of(log.uuid)
        self._checked = 0
        self._place: Place = START

    def result(self) -> Result:
        # Read first: whatever is sealed meanwhile only adds to what these cover.
        text = checkpoints.published(self._log.uuid)
        bound = self._bound()
        epochs = storage.epochs_of(
            organization_id=self._log.organization_id, using=self._using
        )
        epoch, tree = 1, CompactRange()
        try:
            head = self._published(text)
            if head is not None and epoch_of(head) not in epochs:
                epochs.append(epoch_of(head))
            for epoch in sorted(epochs):
                tree = CompactRange()
                self._epoch(epoch, tree, head)
            self._demand_all_sealed(bound, tree)
        except _Broken as broken:
            finding = Finding(flaw=broken.flaw, epoch=epoch, index=broken.index)
            return Result(entries=self._checked, finding=finding)
        return Result(entries=self._checked, finding=None)

    def _published(self, text: str | None) -> Checkpoint | None:
        try:
            return note.opened(text, keys=self._keys) if text else None
        except NoteRefused:
            raise _Broken(Flaw.SIGNATURE, 0) from None

    def _epoch(self, epoch: int, tree: CompactRange, head: Checkpoint | None) -> None:
        ours = head if head is not None and epoch_of(head) == epoch else None
        agrees = ours is None
        for block in self._blocks(epoch):
            self._demand_sound(block, tree)
            agrees = agrees or (
                ours is not None and (ours.size, ours.root) == (tree.size, tree.root)
            )
            self._checked += block.n
            if self._checked // _TELL_EVERY > (self._checked - block.n) // _TELL_EVERY:
                self._progress(self._checked)
        if ours is not None and ours.size > tree.size:
            raise _Broken(Flaw.TRUNCATED, tree.size)
        if not agrees:
            raise _Broken(Flaw.FORKED, 0)
        self._demand_none_hidden(epoch, tree.size)

    def _blocks(self, epoch: int) -> Iterator[Block]:
        first = 0
        while True:
            found = storage.blocks_from(
                organization_id=self._log.organization_id,
                epoch=epoch,
                first=first,
                using=self._using,
            )
            yield from found
            if not found:
                return
            first = found[-1].first + 1

    def _demand_sound(self, block: Block, tree: CompactRange) -> None:
        if block.first != tree.size:
            raise _Broken(Flaw.MISSING, min(block.first, tree.size))
        actual = self._hashes(block)
        stored = split_hashes(block.hashes)
        signed = self._signed_root(block)
        if _grown(tree, actual).root == signed and len(actual) == block.n:
            for hashed in actual:
                tree.append(hashed)
            if actual != stored or block.root != signed or block.peaks != tree.peaks:
                raise _Broken(Flaw.REWRITTEN, block.first)
            self._place = block.last_place
            return
        if _grown(tree, stored).root != signed:
            raise _Broken(Flaw.REWRITTEN, block.first)
        raise _difference(actual, stored, first=block.first)

    def _hashes(self, block: Block) -> list[bytes]:
        leaves = storage.leaves_between(
            organization_id=self._log.organization_id,
            after=self._place,
            until=block.last_place,
            using=self._using,
        )
        # One more than sealed is enough to see that something was slipped in.
        return [leaf_hash(leaf) for _place, leaf in islice(leaves, block.n + 1)]

    def _signed_root(self, block: Block) -> bytes:
        name = self._log.named(block.epoch)
        keys: list[VerifierKey] = [key for key in self._keys if key.name == name]
        try:
            head = note.opened(block.note, keys=keys)
        except NoteRefused:
            raise _Broken(Flaw.SIGNATURE, block.first) from None
        if (head.origin, head.size) != (name, block.end):
            raise _Broken(Flaw.SIGNATURE, block.first)
        return head.root

    def _bound(self) -> Place:
        found = storage.rows(
            self._using,
            "select bound_epoch, bound_xid::text, bound_id from audit_sequencer",
        )
        epoch, xid, entry_id = found[0]
        return epoch, int(xid), entry_id

    def _demand_all_sealed(self, bound: Place, tree: CompactRange) -> None:
        """No entry lies below the bound that no block covers."""
        stray = storage.leaves_between(
            organization_id=self._log.organization_id,
            after=self._place,
            until=bound,
            using=self._using,
        )
        if next(stray, None) is not None:
            raise _Broken(Flaw.UNSEALED, tree.size)

    def _demand_none_hidden(self, epoch: int, size: int) -> None:
        """The list shows what the log holds: its facets have no gap."""
        found = storage.rows(
            self._using,
            "select count(*), min(place) filter (where index <> place) from ("
            " select index, row_number() over (order by index) - 1 as place"
            " from audit_facet where organization_id = %s and epoch = %s"
            " and index < %s) f",
            self._log.organization_id,
            epoch,
            size,
        )
        count, gap = found[0]
        if count != size:
            raise _Broken(Flaw.HIDDEN, count if gap is None else gap)


def _grown(tree: CompactRange, hashes: list[bytes]) -> CompactRange:
    grown = CompactRange(size=tree.size, peaks=tree.peaks)
    for hashed in hashes:
        grown.append(hashed)
    return grown


def _difference(actual: list[bytes], stored: list[bytes], *, first: int) -> _Broken:
    pairs = enumerate(zip(actual, stored, strict=False))
    place = next(
        (place for place, (one, other) in pairs if one != other),
        min(len(actual), len(stored)),
    )
    if len(actual) < len(stored):
        flaw = Flaw.MISSING
    elif len(actual) > len(stored):
        flaw = Flaw.ADDED
    elif sorted(actual) == sorted(stored):
        flaw = Flaw.REORDERED
    else:
        flaw = Flaw.EDITED
    return _Broken(flaw, first + place)
