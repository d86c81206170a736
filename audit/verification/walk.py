"""Recomputes a log from its leaves to its signed heads and names the first flaw.

It trusts the verifier keys and the heads that are kept outside the database, and
nothing that the database holds: every hash is computed again, and what is derived from
the entries is compared with them. Memory stays flat, since blocks and leaves are read a
few at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from audit.log import checkpoints, note, refusals, storage
from audit.log.note import NoteRefused
from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.log.tree import CompactRange, leaf_hash, split_hashes
from audit.verification import demands, derived
from audit.verification.demands import Demand, HeadIsNotOurs
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
    MISLISTED = "mislisted"


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
    def __init__(self, flaw: Flaw, index: int, *, epoch: int | None = None) -> None:
        super().__init__(flaw)
        self.flaw = flaw
        self.index = index
        self.epoch = epoch

    def finding(self, epoch: int) -> Finding:
        """What it says, having been met in this epoch."""
        return Finding(flaw=self.flaw, epoch=self.epoch or epoch, index=self.index)


class _Cut(_Broken):
    """The end of a tree is gone; the trees of later epochs can be walked still."""


class _Beside:
    """What is derived from the entries of one epoch, compared behind the walk.

    The first flaw is kept until the end: one of the tree itself goes first.
    """

    def __init__(self, log: Log, *, epoch: int, using: str) -> None:
        self._here = {"organization_id": log.organization_id, "epoch": epoch}
        self._using = using
        self._tiles = derived.Tiles(
            organization_id=log.organization_id, epoch=epoch, using=using
        )
        self._first = 0
        self._end = 0
        self._after = self._until = START
        self._flaw: _Broken | None = None

    def add(self, block: Block, hashes: list[bytes], *, after: Place) -> None:
        """Takes a block that is sound, with the place that its entries lie beyond."""
        if self._flaw is not None:
            return
        if self._first == self._end:
            self._after = after
        self._end, self._until = block.end, block.last_place
        self._note_tile(self._tiles.add(hashes))
        if self._end - self._first >= derived.LISTED:
            self._compare_list()

    def demand_equal(self) -> None:
        """Raises the first flaw; all blocks of the epoch were added."""
        if self._flaw is None and self._first < self._end:
            self._compare_list()
        if self._flaw is None:
            self._note_tile(self._tiles.compared())
        if self._flaw is not None:
            raise self._flaw
        extra = derived.beyond(**self._here, using=self._using)
        if extra is not None:
            raise _Broken(Flaw.MISLISTED, max(extra, 0))

    def _compare_list(self) -> None:
        found = derived.unlisted(
            **self._here,
            first=self._first,
            after=self._after,
            until=self._until,
            using=self._using,
        )
        self._first = self._end
        if found is not None and self._flaw is None:
            flaw = Flaw.HIDDEN if found.is_hidden else Flaw.MISLISTED
            self._flaw = _Broken(flaw, found.index)

    def _note_tile(self, index: int | None) -> None:
        if index is not None and self._flaw is None:
            self._flaw = _Broken(Flaw.REWRITTEN, index)


class _Walk:
    """One walk over one log."""

    def __init__(self, log: Log, *, using: str, progress: Progress) -> None:
        self._log = log
        self._using = using
        self._progress = progress
        self._keys = checkpoints.keys_of(log.uuid)
        self._checked = 0
        self._place: Place = START
        self._signer = 0

    def result(self) -> Result:
        # Read first: whatever is sealed meanwhile only adds to what these cover.
        try:
            heads = demands.published(self._log, keys=self._keys)
            bound = self._bound()
            wanted = demands.of(
                self._log, heads=heads, keys=self._keys, using=self._using
            )
        except HeadIsNotOurs as refusal:
            finding = Finding(flaw=Flaw.SIGNATURE, epoch=refusal.epoch, index=0)
            return Result(entries=0, finding=finding)
        found: list[Finding] = []
        epoch, tree = 1, CompactRange()
        try:
            for epoch, demand in wanted.items():
                tree = CompactRange()
                try:
                    self._epoch(epoch, tree, demand)
                except _Cut as cut:
                    found.append(cut.finding(epoch))
            if not found or found[-1].epoch != epoch:
                self._demand_all_sealed(bound, tree)
                self._demand_nothing_outside()
        except _Broken as broken:
            # What a restored backup lacks stays lost; it must not cover what is worse.
            found.insert(0, broken.finding(epoch))
        return Result(entries=self._checked, finding=next(iter(found), None))

    def _epoch(self, epoch: int, tree: CompactRange, demand: Demand) -> None:
        unseen = set(demand.heads)
        beside = _Beside(self._log, epoch=epoch, using=self._using)
        self._signer = 0
        for block in self._blocks(epoch):
            after = self._place
            hashes = self._demand_sound(block, tree)
            beside.add(block, hashes, after=after)
            unseen.discard((tree.size, tree.root))
            self._checked += block.n
            if self._checked // _TELL_EVERY > (self._checked - block.n) // _TELL_EVERY:
                self._progress(self._checked)
        if not tree.size or demand.size > tree.size:
            raise _Cut(Flaw.TRUNCATED, tree.size)
        if unseen:
            raise _Broken(Flaw.FORKED, 0)
        if demand.final is not None and demand.final < tree.size:
            raise _Broken(Flaw.ADDED, demand.final)
        beside.demand_equal()

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

    def _demand_sound(self, block: Block, tree: CompactRange) -> list[bytes]:
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
            return actual
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
            by = max(map(keys.index, note.signers(block.note, keys=keys)))
        except NoteRefused:
            raise _Broken(Flaw.SIGNATURE, block.first) from None
        # A key that was rotated out signs nothing after the head that both signed.
        if (head.origin, head.size) != (name, block.end) or by < self._signer:
            raise _Broken(Flaw.SIGNATURE, block.first)
        self._signer = by
        return head.root

    def _bound(self) -> Place:
        found = storage.rows(
            self._using,
            "select bound_epoch, bound_xid::text, bound_id from audit_sequencer",
        )
        epoch, xid, entry_id = found[0]
        # A log that is not signed at present waits beyond a place of its own.
        refused = refusals.of(
            organization_id=self._log.organization_id, using=self._using
        )
        return refused.after if refused else (epoch, int(xid), entry_id)

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

    def _demand_nothing_outside(self) -> None:
        """Nothing is listed in an epoch that sealed nothing."""
        epoch = derived.outside(
            organization_id=self._log.organization_id, using=self._using
        )
        if epoch is not None:
            raise _Broken(Flaw.MISLISTED, 0, epoch=epoch)


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
