"""Proves that an entry stands under a head, from the tiles that are stored."""

from functools import lru_cache

from audit.log import tiles, tree
from audit.log.selectors import Log
from audit.log.storage import Block, tile_hashes
from audit.log.tiles import WIDTH, Tile


class Prover:
    """Inclusion proofs under one head; remembers the tiles it walks through."""

    def __init__(self, log: Log, head: Block) -> None:
        self._head = head

        @lru_cache(maxsize=8)
        def fetched(level: int, number: int) -> list[bytes]:
            width = min(WIDTH, (head.end >> (8 * level)) - number * WIDTH)
            hashes = tile_hashes(
                organization_id=log.organization_id,
                epoch=head.epoch,
                tile=Tile(level=level, number=number, width=width),
                using="sequencer",
            )
            return tree.split_hashes(hashes)

        @lru_cache(maxsize=4_096)
        def node(level: int, number: int) -> bytes:
            tile_level, height = divmod(level, tiles.HEIGHT)
            if height:
                left = node(level - 1, number * 2)
                return tree.node_hash(left, node(level - 1, number * 2 + 1))
            return fetched(tile_level, number // WIDTH)[number % WIDTH]

        self._node = node

    def proof(self, index: int) -> list[bytes]:
        """The hashes from leaf `index` up to the root of the head."""
        return tree.inclusion_proof(index=index, size=self._head.end, nodes=self._node)
