"""Recomputes a log from its leaves to its signed heads and names the first flaw.

It trusts the verifier keys and the heads that are kept outside the database, and
nothing that the database holds: every hash is computed again, and what is derived from
the entries is compared with them. Memory stays flat, since blocks and leaves are read a
few at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from audit.log import checkpoints, note, pruned, refusals, storage
from audit.log.note import NoteRefused
from audit.log.pruned import NotVouchedFor, Voucher
from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.log.tree import CompactRange, leaf_hash, split_hashes
from audit.verification import demands, derived
from audit.verification.beside import Beside
from audit.verification.demands import Demand, HeadIsNotOurs
from audit.verification.flaws import Broken, Cut, Finding, Flaw
from kit.signing import VerifierKey

_TELL_EVERY = 10_000


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a walk over one log found.

    Of `entries`, `pruned` are gone by the log's own retention: their hashes hold.
    """

    entries: int
    finding: Finding | None
    pruned: int = 0


Progress = Callable[[int], None]


def walk(log: Log, *, using: str, progress: Progress = lambda _checked: None) -> Result:
    """Walks all epochs of a log; `progress` hears how many entries are checked."""
    return _Walk(log, using=using, progress=progress).result()


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
        self._voucher: Voucher | None = None
        self._gone = 0

    def result(self) -> Result:
        # Read first: whatever is sealed meanwhile only adds to what these cover.
        forged = self._forged_record()
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
                except Cut as cut:
                    found.append(cut.finding(epoch))
            if not found or found[-1].epoch != epoch:
                self._demand_all_sealed(bound, tree)
                self._demand_nothing_outside()
            if forged is not None:
                raise forged
        except Broken as broken:
            # What a restored backup lacks stays lost; it must not cover what is worse.
            found.insert(0, broken.finding(epoch))
        first = next(iter(found), None)
        return Result(entries=self._checked, finding=first, pruned=self._gone)

    def _forged_record(self) -> Broken | None:
        """Looks who vouches for what was pruned; a record that was forged does not."""
        try:
            self._voucher = pruned.voucher(
                self._log, keys=self._keys, using=self._using
            )
        except NotVouchedFor as refusal:
            return Broken(Flaw.UNVOUCHED, refusal.index, epoch=refusal.epoch)
        return None

    def _epoch(self, epoch: int, tree: CompactRange, demand: Demand) -> None:
        unseen = set(demand.heads)
        beside = Beside(self._log, epoch=epoch, using=self._using)
        self._signer = 0
        for block in self._blocks(epoch):
            after = self._place
            hashes, gone = self._demand_sound(block, tree)
            beside.add(block, hashes, after=after, gone=gone)
            unseen.discard((tree.size, tree.root))
            self._checked += block.n
            if self._checked // _TELL_EVERY > (self._checked - block.n) // _TELL_EVERY:
                self._progress(self._checked)
        if not tree.size or demand.size > tree.size:
            raise Cut(Flaw.TRUNCATED, tree.size)
        if unseen:
            raise Broken(Flaw.FORKED, 0)
        if demand.final is not None and demand.final < tree.size:
            raise Broken(Flaw.ADDED, demand.final)
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

    def _demand_sound(
        self, block: Block, tree: CompactRange
    ) -> tuple[list[bytes], int]:
        """The hashes of a block, and how many of its first entries are pruned."""
        if block.first != tree.size:
            raise Broken(Flaw.MISSING, min(block.first, tree.size))
        stored = split_hashes(block.hashes)
        actual = self._hashes(block)
        gone = self._pruned(block, actual, stored)
        actual = stored[:gone] + actual
        signed = self._signed_root(block)
        if _grown(tree, actual).root == signed and len(actual) == block.n:
            self._demand_vouched(block, tree, actual)
            for hashed in actual:
                tree.append(hashed)
            if actual != stored or block.root != signed or block.peaks != tree.peaks:
                raise Broken(Flaw.REWRITTEN, block.first)
            self._place = block.last_place
            self._gone += gone
            return actual, gone
        if _grown(tree, stored).root != signed:
            raise Broken(Flaw.REWRITTEN, block.first)
        raise _difference(actual, stored, first=block.first)

    def _pruned(self, block: Block, actual: list[bytes], stored: list[bytes]) -> int:
        """How many of the first entries of a block are gone and may be.

        What is left below the boundary must still follow it: entries go from the
        beginning, those that are in line to go stay as they were sealed.
        """
        if self._voucher is None or len(actual) >= len(stored):
            return 0
        below = self._voucher.below(block.epoch)
        most = block.n if below is None else min(max(below - block.first, 0), block.n)
        if not actual:
            return most
        starts = (place for place in range(most + 1) if stored[place] == actual[0])
        return next(starts, most)

    def _demand_vouched(
        self, block: Block, tree: CompactRange, hashes: list[bytes]
    ) -> None:
        """The record of pruning stands where it says, and names the root there."""
        record = self._voucher
        if record is None:
            return
        broken = Broken(Flaw.UNVOUCHED, record.index, epoch=record.epoch)
        place = record.index - block.first
        is_here = record.epoch == block.epoch and 0 <= place < block.n
        if is_here and leaf_hash(record.leaf) != hashes[place]:
            raise broken
        width = record.boundary.index - block.first
        is_cut = record.boundary.epoch == block.epoch and 0 < width <= block.n
        if is_cut and _grown(tree, hashes[:width]).root != record.root:
            raise broken

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
            raise Broken(Flaw.SIGNATURE, block.first) from None
        # A key that was rotated out signs nothing after the head that both signed.
        if (head.origin, head.size) != (name, block.end) or by < self._signer:
            raise Broken(Flaw.SIGNATURE, block.first)
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
            raise Broken(Flaw.UNSEALED, tree.size)

    def _demand_nothing_outside(self) -> None:
        """Nothing is listed in an epoch that sealed nothing."""
        epoch = derived.outside(
            organization_id=self._log.organization_id, using=self._using
        )
        if epoch is not None:
            raise Broken(Flaw.MISLISTED, 0, epoch=epoch)


def _grown(tree: CompactRange, hashes: list[bytes]) -> CompactRange:
    grown = CompactRange(size=tree.size, peaks=tree.peaks)
    for hashed in hashes:
        grown.append(hashed)
    return grown


def _difference(actual: list[bytes], stored: list[bytes], *, first: int) -> Broken:
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
    return Broken(flaw, first + place)
