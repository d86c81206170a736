"""RFC 6962 hashes: append to a tree, prove places in it, check such proofs.

Nothing here knows where hashes are stored: a proof asks a `Nodes` function for the
hash of a complete subtree, given its level and number.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Nodes = Callable[[int, int], bytes]
"""The hash of the 2**level leaves that begin at leaf number * 2**level."""


class ProofRefused(ValueError):
    """A proof does not connect what it was said to connect."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's stored bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """A tree kept as its peaks: the roots of its complete subtrees, largest first."""

    __slots__ = ("_peaks", "size")

    def __init__(self, *, size: int = 0, peaks: bytes = b"") -> None:
        if len(peaks) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"{len(peaks)} bytes of peaks do not fit {size} leaves")
        self.size = size
        self._peaks = split_hashes(peaks)

    def append(self, hashed: bytes) -> None:
        """Adds the hash of the next leaf."""
        size = self.size
        while size & 1:
            hashed = node_hash(self._peaks.pop(), hashed)
            size >>= 1
        self._peaks.append(hashed)
        self.size += 1

    @property
    def peaks(self) -> bytes:
        """The peaks, concatenated."""
        return b"".join(self._peaks)

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = CompactRange()
    for hashed in hashes:
        tree.append(hashed)
    return tree.root


def split_hashes(joined: bytes) -> list[bytes]:
    """The hashes of a concatenation."""
    return [joined[i : i + HASH_BYTES] for i in range(0, len(joined), HASH_BYTES)]


def inclusion_proof(*, index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            proof.append(_range_hash(start, middle, nodes))
            start = middle
    return proof[::-1]


def consistency_proof(*, old: int, size: int, nodes: Nodes) -> list[bytes]:
    """The hashes that show the first `old` leaves unchanged among `size`."""
    if not 0 < old <= size:
        raise ValueError(f"{old} is no earlier size of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            proof.append(_range_hash(start, middle, nodes))
            start = middle
    if start:
        proof.append(_range_hash(start, end, nodes))
    return proof[::-1]


def check_inclusion(
    *, hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises ProofRefused unless `hashed` is leaf `index` of `size` under `root`."""
    if not 0 <= index < size:
        raise ProofRefused(f"leaf {index} is not among {size}")
    place, last = index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            hashed = node_hash(sibling, hashed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        place, last = place >> 1, last >> 1
    if last or hashed != root:
        raise ProofRefused("the proof does not lead to the root")


def check_consistency(
    *, old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> None:
    """Raises ProofRefused unless `root` extends `old_root` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        raise ProofRefused(f"{old} is no earlier size of {size}")
    if old == size:
        if proof or old_root != root:
            raise ProofRefused("two roots of one size")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofRefused("the proof is empty")
    if _replayed(old=old, size=size, path=path) != (old_root, root):
        raise ProofRefused("the later root does not extend the earlier one")


def _replayed(*, old: int, size: int, path: list[bytes]) -> tuple[bytes, bytes]:
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if place & 1 or place == last:
            earlier = node_hash(sibling, earlier)
            later = node_hash(sibling, later)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            later = node_hash(later, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofRefused("the proof is too short")
    return earlier, later


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, nodes: Nodes) -> bytes:
    """The root over leaves `start` to `end`, from complete subtrees."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, nodes), _range_hash(middle, end, nodes))
