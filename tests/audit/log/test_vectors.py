"""The tree, notes and tiles agree with vectors that Go's sumdb packages computed."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from audit.log import note, tiles, tree
from kit.signing import VerifierKey

_FILE = Path(__file__).parents[4] / "shared/data/audit-vectors/rfc6962-go-sumdb.json.gz"
pytestmark = pytest.mark.allowed_skip


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    if not _FILE.exists():
        pytest.skip("the Go vectors are not beside this checkout")
    with gzip.open(_FILE) as file:
        found: dict[str, Any] = json.load(file)
    return found


@pytest.fixture(scope="module")
def hashes(vectors: dict[str, Any]) -> list[bytes]:
    return [tree.leaf_hash(base64.b64decode(leaf)) for leaf in vectors["leaves"]]


def _nodes(hashes: list[bytes]) -> tree.Nodes:
    def node(level: int, number: int) -> bytes:
        return tree.root_of(hashes[number << level : (number + 1) << level])

    return node


def _decoded(proof: list[str]) -> list[bytes]:
    return [base64.b64decode(hashed) for hashed in proof]


def test_every_root(vectors: dict[str, Any], hashes: list[bytes]) -> None:
    for size, root in vectors["roots"].items():
        assert tree.root_of(hashes[: int(size)]) == base64.b64decode(root)


def test_every_inclusion_proof(vectors: dict[str, Any], hashes: list[bytes]) -> None:
    assert len(vectors["inclusion"]) == 150
    for case in vectors["inclusion"]:
        index, size = int(case["index"]), int(case["size"])
        proof = _decoded(case["proof"])

        made = tree.inclusion_proof(index=index, size=size, nodes=_nodes(hashes))

        assert made == proof
        tree.check_inclusion(
            hashed=hashes[index],
            index=index,
            size=size,
            proof=proof,
            root=tree.root_of(hashes[:size]),
        )


def test_every_consistency_proof(vectors: dict[str, Any], hashes: list[bytes]) -> None:
    assert len(vectors["consistency"]) == 162
    for case in vectors["consistency"]:
        old, size = int(case["old"]), int(case["size"])
        proof = _decoded(case["proof"])

        made = tree.consistency_proof(old=old, size=size, nodes=_nodes(hashes))

        assert made == proof
        tree.check_consistency(
            old=old,
            size=size,
            proof=proof,
            old_root=tree.root_of(hashes[:old]),
            root=tree.root_of(hashes[:size]),
        )


def test_every_signed_head(vectors: dict[str, Any], hashes: list[bytes]) -> None:
    key = VerifierKey.parse(vectors["vkey"])
    assert len(vectors["checkpoints"]) == 22
    for text in vectors["checkpoints"]:
        head = note.opened(text, keys=[key])

        assert head.root == tree.root_of(hashes[: head.size])


def test_every_tile(vectors: dict[str, Any], hashes: list[bytes]) -> None:
    levels = [hashes]
    while len(levels[-1]) >= tiles.WIDTH:
        full = range(len(levels[-1]) // tiles.WIDTH)
        below = levels[-1]
        levels.append([tree.root_of(below[n * 256 : n * 256 + 256]) for n in full])
    ours: dict[str, bytes] = {}
    for size in range(1, len(hashes) + 1):
        for tile in tiles.tiles_of(size):
            start = tile.number * tiles.WIDTH
            joined = b"".join(levels[tile.level][start : start + tile.width])
            ours[tile.path.replace("tile/", "tile/8/", 1)] = joined

    for path, expected in vectors["tiles_go_paths_height8"].items():
        assert ours[path] == base64.b64decode(expected)


def test_proofs_read_from_tiles(hashes: list[bytes]) -> None:
    upper = [tree.root_of(hashes[n * 256 : n * 256 + 256]) for n in range(2)]

    def fetch(level: int, number: int) -> bytes:
        row = [hashes, upper][level]
        return b"".join(row[number * 256 : number * 256 + 256])

    for index in (0, 255, 256, 511, 512, 599):
        plain = tree.inclusion_proof(index=index, size=600, nodes=_nodes(hashes))

        tiled = tree.inclusion_proof(index=index, size=600, nodes=tiles.nodes_of(fetch))

        assert tiled == plain
