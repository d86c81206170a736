"""What vouches for entries that the log's own retention took: a signed, sealed record.

A log is pruned from its beginning up to one boundary. Who prunes first records the
boundary, the root of the tree there and, by the log's key, a signature over both. The
key lies outside the database: nobody who writes rows alone can make such a record, and
no row that is missing without one passes for pruned. Records are numbered, and the last
one counts: a run that was stopped takes back what its plan allowed, and an old record
that somebody records again says nothing new.

Hashes stay: those of the leaves in the blocks, and all tiles. A leaf holds random ids
and salted commitments, so its hash cannot be tested by a guess; and every head that was
ever signed can still be proven to lead to the newest one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from audit.log import storage
from audit.log.leaf import Leaf, LeafRefused
from audit.log.selectors import Log
from kit.signing import SigningKey, VerifierKey

PLANNED = "audit.log.pruning-planned"
PRUNED = "audit.log.pruned"
STOPPED = "audit.log.pruning-stopped"
_ACTIONS = [PLANNED, PRUNED, STOPPED]
_LABEL = "custos.audit.pruning.v1"

# Few entries have these actions; the log's order alone would lead through all of it.
_RECORDS = """
with recorded as materialized (
    select f.epoch, f.index, f.entry_id from audit_facet f
     where f.organization_id = %s and f.action = any(%s))
select r.epoch, r.index, e.leaf
  from recorded r join audit_entry e on e.id = r.entry_id
 where e.organization_id = %s order by r.epoch, r.index
"""


@dataclass(frozen=True, kw_only=True, order=True)
class Boundary:
    """The place before which every entry of a log may be gone.

    All epochs before `epoch`, and of that the entries below `index`.
    """

    epoch: int = 1
    index: int = 0


BEGINNING = Boundary()
"""Nothing is pruned."""


class NotVouchedFor(Exception):
    """A record of pruning is not one that the log's key signed."""

    def __init__(self, *, epoch: int, index: int) -> None:
        super().__init__(epoch, index)
        self.epoch, self.index = epoch, index


@dataclass(frozen=True, kw_only=True)
class Voucher:
    """One record: where it stands, and up to where it lets entries be gone.

    That its leaf stands there in the signed tree, and that the tree has this root at
    the boundary, is for whoever walks through the log to see.
    """

    epoch: int
    index: int
    leaf: bytes
    number: int
    boundary: Boundary
    root: bytes

    def below(self, epoch: int) -> int | None:
        """The index below which entries of an epoch may be gone; None: all of them."""
        if epoch < self.boundary.epoch:
            return None
        return self.boundary.index if epoch == self.boundary.epoch else 0


def counts(boundary: Boundary, *, number: int) -> dict[str, int]:
    """What the entry says of the boundary, and which record of its log it is."""
    return {"epoch": boundary.epoch, "index": boundary.index, "number": number}


def digests(
    log: Log, *, boundary: Boundary, number: int, root: bytes, key: SigningKey
) -> dict[str, str]:
    """What the entry says of it in hex: the root there, and the log's signature."""
    message = _message(log, boundary=boundary, number=number, root=root)
    return {"root": root.hex(), "signature": key.sign(message).hex()}


def voucher(log: Log, *, keys: Iterable[VerifierKey], using: str) -> Voucher | None:
    """The last sealed record of a log; NotVouchedFor where one was not signed."""
    one, known = log.organization_id, list(keys)
    found = storage.rows(using, _RECORDS, one, _ACTIONS, one)
    records = [_read(log, *row, keys=known) for row in found]
    return max(
        records, key=lambda one: (one.number, one.epoch, one.index), default=None
    )


def _read(
    log: Log, epoch: int, index: int, leaf: bytes, *, keys: list[VerifierKey]
) -> Voucher:
    try:
        said = Leaf.parse(bytes(leaf))
        boundary = Boundary(epoch=said.counts["epoch"], index=said.counts["index"])
        number = said.counts["number"]
        root = bytes.fromhex(said.digests["root"])
        signature = bytes.fromhex(said.digests["signature"])
    except (LeafRefused, KeyError, ValueError, TypeError):
        raise NotVouchedFor(epoch=epoch, index=index) from None
    message = _message(log, boundary=boundary, number=number, root=root)
    if not any(key.verifies(message=message, signature=signature) for key in keys):
        raise NotVouchedFor(epoch=epoch, index=index)
    return Voucher(
        epoch=epoch,
        index=index,
        leaf=bytes(leaf),
        number=number,
        boundary=boundary,
        root=root,
    )


def _message(log: Log, *, boundary: Boundary, number: int, root: bytes) -> bytes:
    place = f"{boundary.index} {number}"
    lines = [_LABEL, log.named(boundary.epoch), place, root.hex(), ""]
    return "\n".join(lines).encode()
