"""Verifying an exported log with the program that travels in it, against hashing it.

The reference is what nobody can do without: SHA-256 over the bare bytes of the entries.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.log import note, tiles, tree
from audit.log.leaf import commitment
from audit.log.tree import CompactRange
from audit.verification import verifier
from audit.verification.archives import Archive
from bench.ground import Ground
from kit.signing import SigningKey

ENTRIES = int(os.environ.get("BENCH_VERIFY_ENTRIES", "1000000"))
ORIGIN = f"bench.example/audit/{UUID(int=1)}/1"
_ROUNDS = 5


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Seconds of the processor for a verification, over those for hashing alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.zip"
        _write(path)
        rounds = [(_timed(path), _hashed(path)) for _ in range(_ROUNDS)]
    ours, reference = (statistics.median(side) for side in zip(*rounds, strict=True))
    return {
        "verify_vs_sha256": {
            "ratio": round(ours / reference, 2),
            "ours": round(ours, 3),
            "reference": round(reference, 3),
            "unit": f"seconds for {ENTRIES} entries, details apart",
        }
    }


def _timed(path: Path) -> float:
    began = time.process_time()
    result = verifier.verified(path, {}, [])
    taken = time.process_time() - began
    if result.entries != ENTRIES:
        raise RuntimeError(f"{result.entries} entries instead of {ENTRIES}")
    return taken


def _hashed(path: Path) -> float:
    """The bare bytes are in memory already: only the hashing counts."""
    archive, taken = verifier.Archive(path), 0.0
    hashed = sha256()
    for number in range(-(-ENTRIES // tiles.WIDTH)):
        width = min(tiles.WIDTH, ENTRIES - number * tiles.WIDTH)
        bare = b"".join(verifier.unbundled(archive.tile(1, "entries", number, width)))
        began = time.process_time()
        hashed.update(bare)
        taken += time.process_time() - began
    return taken


def _write(path: Path) -> None:
    """A log like a real one: leaves of the usual length, all tiles, a signed head."""
    key = SigningKey(bytes(range(32)))
    archive = Archive(at=datetime(2026, 11, 1, tzinfo=UTC))
    grown, hashes = CompactRange(), []
    with path.open("wb") as file:
        file.write(archive.put("vkeys", f"{key.named(ORIGIN).vkey}\n".encode()))
        for tile, leaves in _bundles():
            made = [tree.leaf_hash(leaf) for leaf in leaves]
            for one in made:
                grown.append(one)
            hashes += made
            file.write(archive.put(f"1/{tile.entries_path}", tiles.bundle(leaves)))
        for tile, joined in _tiles(hashes):
            file.write(archive.put(f"1/{tile.path}", joined, is_dense=True))
        head = note.Checkpoint(origin=ORIGIN, size=ENTRIES, root=grown.root)
        file.write(archive.put("1/checkpoint", note.signed(head, key=key).encode()))
        file.write(archive.ended())


def _bundles() -> Iterator[tuple[tiles.Tile, list[bytes]]]:
    names = ("actor_id", "actor_label", "actor_role", "ip", "user_agent", "reason")
    commit = {
        name: commitment(name=name, value=name, salt=name.encode().ljust(32))
        for name in names
    }
    for tile in tiles.tiles_of(ENTRIES):
        if tile.level:
            return
        first = tile.number * tiles.WIDTH
        yield tile, [_leaf(first + i, commit) for i in range(tile.width)]


def _leaf(index: int, commit: dict[str, str]) -> bytes:
    text = ",".join(f'"{name}":"{value}"' for name, value in commit.items())
    return (
        f'{{"action":"retention.policy.set","actor_kind":"user","commit":{{{text}}},'
        f'"id":"{UUID(int=index)}","organization":"{UUID(int=1)}","outcome":"success",'
        f'"target_id":"{UUID(int=index * 7 + 1)}","target_kind":"policy",'
        f'"time":"2026-11-01T09:15:07.{index % 1_000_000:06d}Z","v":1}}'
    ).encode()


def _tiles(hashes: list[bytes]) -> Iterator[tuple[tiles.Tile, bytes]]:
    level = {0: hashes}
    for tile in tiles.tiles_of(ENTRIES):
        if tile.level not in level:
            below = level[tile.level - 1]
            full = len(below) // tiles.WIDTH
            level[tile.level] = [
                tree.root_of(below[n * tiles.WIDTH : (n + 1) * tiles.WIDTH])
                for n in range(full)
            ]
        first = tile.number * tiles.WIDTH
        yield tile, b"".join(level[tile.level][first : first + tile.width])
