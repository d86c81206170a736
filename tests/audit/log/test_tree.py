"""Proofs that do not prove are refused; paths follow the tile specification."""

import pytest

from audit.log import tiles, tree
from audit.log.tiles import Tile
from audit.log.tree import CompactRange, ProofRefused

_HASHES = [tree.leaf_hash(bytes([n])) for n in range(13)]


def _node(level: int, number: int) -> bytes:
    return tree.root_of(_HASHES[number << level : (number + 1) << level])


def test_a_range_resumes_from_its_peaks() -> None:
    start = CompactRange()
    for hashed in _HASHES[:7]:
        start.append(hashed)
    resumed = CompactRange(size=start.size, peaks=start.peaks)
    for hashed in _HASHES[7:]:
        resumed.append(hashed)

    assert resumed.root == tree.root_of(_HASHES)


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        CompactRange(size=3, peaks=b"\x00" * 32)


@pytest.mark.parametrize("change", ["leaf", "index", "sibling", "short", "long"])
def test_a_wrong_inclusion_proof_is_refused(change: str) -> None:
    proof = tree.inclusion_proof(index=5, size=13, nodes=_node)
    hashed, index = _HASHES[5], 5
    if change == "leaf":
        hashed = _HASHES[6]
    elif change == "index":
        index = 4
    elif change == "sibling":
        proof[1] = _HASHES[0]
    elif change == "short":
        proof.pop()
    else:
        proof.append(_HASHES[0])

    with pytest.raises(ProofRefused):
        tree.check_inclusion(
            hashed=hashed, index=index, size=13, proof=proof, root=tree.root_of(_HASHES)
        )


@pytest.mark.parametrize("old", [1, 4, 6, 8, 12, 13])
def test_a_rewritten_past_is_refused(old: int) -> None:
    proof = tree.consistency_proof(old=old, size=13, nodes=_node)
    rewritten = tree.root_of([tree.leaf_hash(b"other"), *_HASHES[1:old]])

    with pytest.raises(ProofRefused):
        tree.check_consistency(
            old=old,
            size=13,
            proof=proof,
            old_root=rewritten,
            root=tree.root_of(_HASHES),
        )


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, number=0), "tile/0/000"),
        (Tile(level=1, number=999, width=12), "tile/1/999.p/12"),
        (Tile(level=2, number=1_234_067), "tile/2/x001/x234/067"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_a_growing_tree_completes_each_tile_once() -> None:
    seen: list[Tile] = []
    for size in range(0, 70_000, 700):
        seen += tiles.completed(old=size, size=size + 700)

    expected = [t for t in tiles.tiles_of(70_000) if t.width == tiles.WIDTH]
    assert sorted(seen) == sorted(expected)


def test_bundles_read_back() -> None:
    leaves = [b"", b"{}", b"x" * 40_000]

    assert list(tiles.unbundled(tiles.bundle(leaves))) == leaves
    with pytest.raises(ValueError, match="cut off"):
        list(tiles.unbundled(tiles.bundle(leaves)[:-1]))
