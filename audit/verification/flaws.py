"""What a verification can find wrong with a log."""

from dataclasses import dataclass
from enum import StrEnum


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
    UNVOUCHED = "unvouched"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first flaw of a log: the entry, in the tree of an epoch."""

    flaw: Flaw
    epoch: int
    index: int


class Broken(Exception):
    """Ends a walk; `epoch` is that of the entry where it is not the one walked."""

    def __init__(self, flaw: Flaw, index: int, *, epoch: int | None = None) -> None:
        super().__init__(flaw)
        self.flaw = flaw
        self.index = index
        self.epoch = epoch

    def finding(self, epoch: int) -> Finding:
        """What it says, having been met in this epoch."""
        return Finding(flaw=self.flaw, epoch=self.epoch or epoch, index=self.index)


class Cut(Broken):
    """The end of a tree is gone; the trees of later epochs can be walked still."""
