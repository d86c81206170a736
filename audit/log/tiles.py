"""C2SP tlog-tiles: how a tree is cut into tiles of 256 hashes, named and bundled."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from audit.log.tree import HASH_BYTES, CompactRange, Nodes, root_of, split_hashes

WIDTH = 256
HEIGHT = 8
_LENGTH_BYTES = 2

FetchTile = Callable[[int, int], bytes]
"""The hashes of tile (level, number), complete or as wide as the tree goes."""


@dataclass(frozen=True, kw_only=True, order=True)
class Tile:
    """One tile's place: `width` is 256 unless it ends the tree."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix."""
        return f"tile/{self.level}/{_grouped(self.number)}{self._suffix}"

    @property
    def entries_path(self) -> str:
        """The path of the entries below a level-0 tile."""
        return f"tile/entries/{_grouped(self.number)}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return "" if self.width == WIDTH else f".p/{self.width}"


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree, level by level; the last of a level may be partial."""
    level, count = 0, size
    while count:
        full, rest = divmod(count, WIDTH)
        for number in range(full):
            yield Tile(level=level, number=number)
        if rest:
            yield Tile(level=level, number=full, width=rest)
        level, count = level + 1, full


def completed(*, old: int, size: int) -> Iterator[Tile]:
    """The tiles that become complete when a tree grows; lower levels come first."""
    level = 0
    while size >= WIDTH:
        old, size = old // WIDTH, size // WIDTH
        for number in range(old, size):
            yield Tile(level=level, number=number)
        level += 1


def tile_root(hashes: bytes) -> bytes:
    """The hash of a complete tile: one entry of the level above."""
    return root_of(split_hashes(hashes))


def nodes_of(fetch: FetchTile) -> Nodes:
    """Complete subtrees read from tiles, each tile fetched once."""
    seen: dict[tuple[int, int], bytes] = {}

    def node(level: int, number: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = number << height
        place = (tile_level, first // WIDTH)
        if place not in seen:
            seen[place] = fetch(*place)
        start = first % WIDTH * HASH_BYTES
        hashes = seen[place][start : start + (HASH_BYTES << height)]
        if len(hashes) != HASH_BYTES << height:
            raise ValueError(f"tile {place} is too short")
        tree = CompactRange()
        for hashed in split_hashes(hashes):
            tree.append(hashed)
        return tree.root

    return node


def bundle(leaves: Iterable[bytes]) -> bytes:
    """An entry bundle: each leaf behind its length in two bytes."""
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES, "big") + leaf for leaf in leaves)


def unbundled(joined: bytes) -> Iterator[bytes]:
    """The leaves of an entry bundle."""
    offset = 0
    while offset < len(joined):
        start = offset + _LENGTH_BYTES
        length = int.from_bytes(joined[offset:start], "big")
        offset = start + length
        if offset > len(joined):
            raise ValueError("the entry bundle is cut off")
        yield joined[start:offset]


def _grouped(number: int) -> str:
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))
