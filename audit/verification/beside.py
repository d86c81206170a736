"""Compares the list and the tiles of one epoch behind the walk over its entries."""

from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.verification import derived
from audit.verification.flaws import Broken, Flaw


class Beside:
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
        self._listed_from = 0
        self._after = self._until = START
        self._flaw: Broken | None = None

    def add(
        self, block: Block, hashes: list[bytes], *, after: Place, gone: int
    ) -> None:
        """Takes a block that is sound, with the place that its entries lie beyond.

        The first `gone` of its entries are pruned: nothing may list them.
        """
        if self._flaw is not None:
            return
        if gone and self._first < self._end:
            self._compare_list()
        if self._first == self._end:
            self._after = after
            self._first = block.first + gone
        if gone:
            self._listed_from = block.first + gone
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
        extra = derived.beyond(
            **self._here, listed_from=self._listed_from, using=self._using
        )
        if extra is not None:
            raise Broken(Flaw.MISLISTED, max(extra, 0))

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
            self._flaw = Broken(flaw, found.index)

    def _note_tile(self, index: int | None) -> None:
        if index is not None and self._flaw is None:
            self._flaw = Broken(Flaw.REWRITTEN, index)
