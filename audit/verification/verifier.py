#!/usr/bin/env python3
"""Verifies exports of a Custos audit log; needs Python 3.9 and nothing of Custos.

    custos-verify [--key KEY]... [--witness KEY]... [--checkpoint FILE]... [--json]
                  [--event EVENTS.json]... EXPORT.zip|ENTRY.tlog-proof...

EXPORT.zip is the evidence of a whole log, or entries with inclusion proofs, and
ENTRY.tlog-proof the proof of one entry, which takes a KEY. EVENTS.json is what was said
of entries beside that: lines of a JSON export, events of a stream, the raw JSON of an
entry. Each of them must be what one of the other files proves, word by word; a sentence
for people (`message`) and the name of an area (`area`) are Custos's own words and are
not compared. KEY is a
C2SP verifier key (`name+hash+base64`) or a file of them: give those that you received
on another way than the export. A key that only the export names is trusted where a
trusted key signed an entry that names it, and both signed the head over that entry.
Without any KEY the export is only compared with itself: exit code 3. FILE is a
checkpoint that you kept: the export must hold the same history up to its size, which
only a whole log can show.

A head that a witness cosigned, or an authority timestamped (RFC 3161), is checked where
the export has one: that it names a head of this log, with `--witness` the cosignature,
and of the timestamp its time and that it is over that head. The signature of the
authority needs its certificates: the `openssl ts -verify` in the README checks it.

Checked are the Ed25519 signature of each checkpoint (C2SP signed note), that every
entry leads to its root (RFC 6962), that the tiles are those of the entries (C2SP
tlog-tiles), that each epoch begins where the one before ended, and that opened details
are what the entries committed to. Entries that the log's own retention took may be
missing where an entry that the log signed says so: their hashes are checked. What is
wrong is named with the first index. Exit code 1 if anything is wrong, 2 if a file
cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hmac
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

LABEL = b"custos.audit.commitment.v1"
PROOFS = "custos-audit-proofs/1"
PROOF = "c2sp.org/tlog-proof@v1"
PRUNING = "custos.audit.pruning.v1"
_PRUNING_ACTS = (
    "audit.log.pruning-planned",
    "audit.log.pruned",
    "audit.log.pruning-stopped",
)
WIDTH = 256
HASH = 32
EMPTY_ROOT = sha256(b"").digest()
_DASH = "\u2014"
_LARGEST_LEAF = 65_535
_LARGEST_TEXT = 1 << 20
_LARGEST_LINE = 8 << 20
_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Refused(Exception):
    """Something does not hold; `epoch` and `index` name where, if that can be told."""

    def __init__(
        self, says: str, epoch: int | None = None, index: int | None = None
    ) -> None:
        super().__init__(says)
        self.says, self.epoch, self.index = says, epoch, index


class Head(NamedTuple):
    """A checkpoint whose signature holds."""

    origin: str
    size: int
    root: bytes
    previous: tuple[int, int, bytes] | None

    @property
    def epoch(self) -> int:
        """The epoch that its origin names."""
        return _number(self.origin.rpartition("/")[2])


class Pruned(NamedTuple):
    """Up to where entries may be missing, the root of the tree there, and who says so.

    All epochs before `epoch`, and of that the entries below `below`.
    """

    epoch: int
    below: int
    root: bytes
    number: int

    def covers(self, epoch: int, end: int) -> bool:
        """Whether the entries of an epoch up to `end` may be missing."""
        return (epoch, end) <= (self.epoch, self.below) or epoch < self.epoch


# --- Ed25519 (RFC 8032), in extended coordinates -----------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tells whether `public` signed `message`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _L:
        return False
    digest = sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % _L
    return _equal(_times(s, _BASE), _add(r, _times(k, key)))


def _point(raw: bytes) -> _Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _ROOT % _P
    if (x * x - x2) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, two: _Point) -> _Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(count: int, point: _Point) -> _Point:
    total = (0, 1, 1, 0)
    while count:
        if count & 1:
            total = _add(total, point)
        point = _add(point, point)
        count >>= 1
    return total


def _equal(one: _Point, two: _Point) -> bool:
    return not (
        (one[0] * two[2] - two[0] * one[2]) % _P
        or (one[1] * two[2] - two[1] * one[2]) % _P
    )


_base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
assert _base is not None
_BASE: _Point = _base


# --- Keys, notes and checkpoints (C2SP) --------------------------------------------

Keys = dict[tuple[str, bytes], bytes]
"""Public keys by name and by the four bytes that announce them."""


def keys_of(text: str, kind: bytes = b"\x01") -> Keys:
    """The keys of verifier-key lines; 0x04 is the kind of a witness."""
    found: Keys = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        parts = line.strip().split("+", 2)
        raw = _decoded(parts[-1])
        announced = sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
        if len(parts) != 3 or raw[:1] != kind or announced.hex() != parts[1]:
            raise Refused(f"{line[:99]!r} is no Ed25519 verifier key of this kind")
        found[parts[0], announced] = raw[1:]
    return found


def head_of(note: str, keys: Keys) -> Head:
    """The checkpoint in a note that one of the keys signed."""
    text, found = _signed(note)
    is_signed = False
    for name, raw in found:
        public = keys.get((name, raw[:4]))
        if public is None:
            continue  # a witness, or a key that came later
        if not ed25519_verifies(public, text.encode(), raw[4:]):
            raise Refused("the signature under the checkpoint is wrong")
        is_signed = True
    if not is_signed:
        raise Refused("no trusted key signed the checkpoint")
    return _parsed(text)


def _signed(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and the names and bytes of its signatures."""
    text, gap, signatures = note.rpartition("\n\n")
    found = []
    for line in signatures.splitlines() if gap else []:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != _DASH:
            raise Refused("a signature line of the checkpoint is malformed")
        found.append((parts[1], _decoded(parts[2])))
    return text + "\n", found


def _named(name: str, keys: Keys) -> Keys:
    """The same public keys under the name of another log of the installation."""
    made = {}
    for public in keys.values():
        announced = sha256(name.encode() + b"\n\x01" + public).digest()[:4]
        made[name, announced] = public
    return made


def _parsed(text: str) -> Head:
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise Refused("a checkpoint has an origin, a size and a root")
    root, previous = _decoded(lines[2]), None
    for line in lines[3:-1]:
        words = line.split(" ")
        if words[0] == "previous" and len(words) == 4:
            previous = _number(words[1]), _number(words[2]), _decoded(words[3])
    if len(root) != HASH:
        raise Refused("a root has 32 bytes")
    return Head(lines[0], _number(lines[1]), root, previous)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{text[:60]!r} is not base64") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refused(f"{text[:60]!r} is no number")
    return int(text)


# --- The tree (RFC 6962) and its tiles ---------------------------------------------


class Tree:
    """A growing tree, kept as the roots of its complete subtrees by level."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def append(self, hashed: bytes, level: int = 0) -> None:
        """Adds the root of the next 2**level leaves."""
        self.size += 1 << level
        while self._peaks and self._peaks[-1][0] == level:
            hashed = node(self._peaks.pop()[1], hashed)
            level += 1
        self._peaks.append((level, hashed))

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _level, peak in reversed(self._peaks[:-1]):
            root = node(peak, root)
        return root

    def copy(self) -> Tree:
        """The same tree, to grow another way."""
        other = Tree()
        other.size, other._peaks = self.size, list(self._peaks)
        return other


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def tile_root(joined: bytes) -> bytes:
    """The root over a complete tile: level by level, which is what costs least."""
    hashed = sha256
    while len(joined) > HASH:
        joined = b"".join(
            [
                hashed(b"\x01" + joined[i : i + 64]).digest()
                for i in range(0, len(joined), 64)
            ]
        )
    return joined


def leads_to(
    hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Tells whether leaf `index` of `size` leads to the root by this proof."""
    place, last = index, size - 1
    if not 0 <= place <= last:
        return False
    for sibling in proof:
        if last == 0 or len(sibling) != HASH:
            return False
        if place & 1 or place == last:
            hashed = node(sibling, hashed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = node(hashed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and hashed == root


def unbundled(joined: bytes) -> list[bytes]:
    """The entries of a bundle, each behind its length in two bytes."""
    found: list[bytes] = []
    start, last = 0, len(joined) - 2
    while start <= last:
        stop = start + 2 + (joined[start] << 8 | joined[start + 1])
        found.append(joined[start + 2 : stop])
        start = stop
    if start != len(joined):
        raise Refused("the entries are cut off")
    return found


def tile_path(level: str, number: int, width: int) -> str:
    """Where a tile lies; `level` is a number, or `entries`."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return "tile/{}/{}{}".format(level, "/".join(reversed(groups)), partial)


# --- Archives ----------------------------------------------------------------------


class Archive:
    """One export, opened; no member is ever read beyond what it may hold."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        names = self._zip.namelist()
        if len(names) != len(set(names)):
            raise Refused("the archive holds a file twice")
        self.names = set(names)

    def read(self, name: str, most: int = _LARGEST_TEXT) -> bytes:
        """The bytes of a member."""
        if name not in self.names:
            raise Refused(f"{name} is missing")
        self._demand_plain(name)
        with self._zip.open(name) as member:
            content = member.read(most + 1)
        if len(content) > most:
            raise Refused(f"{name} is longer than it may be ({most} bytes)")
        return content

    def _demand_plain(self, name: str) -> None:
        """Other ways to compress take as much memory as the file asks for."""
        if self._zip.getinfo(name).compress_type not in _COMPRESSION:
            raise Refused(f"{name} is compressed in a way that exports are not")

    def lines(self, name: str) -> Iterator[Any]:
        """The documents of a file with one JSON document a line."""
        if name not in self.names:
            return
        self._demand_plain(name)
        with self._zip.open(name) as member:
            while line := member.readline(_LARGEST_LINE + 1):
                if len(line) > _LARGEST_LINE:
                    raise Refused(
                        f"{name} has a line longer than it may be"
                        f" ({_LARGEST_LINE} bytes)"
                    )
                yield json.loads(line)

    def epochs(self) -> list[int]:
        """The epochs that the archive has folders of."""
        found = {name.partition("/")[0] for name in self.names if "/" in name}
        return sorted(_number(name) for name in found)

    def tile(self, epoch: int, level: str, number: int, width: int) -> bytes:
        """The bytes of one tile."""
        most = WIDTH * (_LARGEST_LEAF + 2) if level == "entries" else WIDTH * HASH
        return self.read(f"{epoch}/{tile_path(level, number, width)}", most)


class Result(NamedTuple):
    """What was verified of one file."""

    kind: str
    origin: str
    entries: int
    details: int
    heads: list[Head]
    pruned: Pruned | None
    attested: list[str]


def verified(
    path: Path,
    keys: Keys,
    notes: Sequence[str],
    witnesses: Keys | None = None,
    events: Events | None = None,
) -> Result:
    """What a file holds; Refused at the first thing that does not hold.

    Without `keys` those of the archive itself are taken. `notes` are kept checkpoints.
    What it proves is compared with `events`.
    """
    said = Events() if events is None else events
    if not zipfile.is_zipfile(path):
        return _verify_proof(path, keys, notes, said)
    archive = Archive(path)
    known = _trusted(archive, keys)
    kept = [head_of(one, known) for one in notes]
    heads = [_head(archive, epoch, known) for epoch in archive.epochs()]
    _demand_chain(heads)
    is_proofs = "export.json" in archive.names
    attested: list[str] = []
    if not is_proofs:
        named, attested = _attested(archive, known, witnesses or {})
        _demand_kept(heads, named)
        kept += named
    if is_proofs:
        _demand_same(heads, kept)
    else:
        _demand_kept(heads, kept)
    entries = details = 0
    pruned = None if is_proofs else _pruned(archive, heads, known)
    about = _about(archive) if is_proofs else {}
    for head in heads:
        if is_proofs:
            part = _verify_proofs(archive, head, about.get("workspace"), said)
        else:
            part = (
                _verify_tree(archive, head, kept, pruned),
                _verify_details(archive, head, said),
            )
            _compare_rest(archive, head, pruned, said)
        entries, details = entries + part[0], details + part[1]
    kind = "proofs" if is_proofs else "log"
    origin = heads[-1].origin.rpartition("/")[0] if heads else ""
    return Result(kind, origin, entries, details, heads, pruned, attested)


def _about(archive: Archive) -> dict[str, Any]:
    about = json.loads(archive.read("export.json"))
    if not isinstance(about, dict) or about.get("format") != PROOFS:
        raise Refused("this export has a format that is not known here")
    return about


def _head(archive: Archive, epoch: int, keys: Keys) -> Head:
    try:
        note = archive.read(f"{epoch}/checkpoint").decode()
        head = head_of(note, keys)
        if head.epoch != epoch:
            raise Refused("the checkpoint is that of another epoch")
    except Refused as refusal:
        raise Refused(refusal.says, epoch) from None
    return head


def _demand_chain(heads: Sequence[Head]) -> None:
    """Every epoch begins where its head says that the one before ended."""
    known = {head.epoch: head for head in heads}
    if len({head.origin.rpartition("/")[0] for head in heads}) > 1:
        raise Refused("the archive holds checkpoints of two logs")
    for head in heads:
        if head.previous is None:
            continue
        epoch, size, root = head.previous
        before = known.get(epoch)
        if before is None:
            raise Refused(f"epoch {epoch} is left out", epoch, 0)
        if before.size < size:
            raise Refused("the epoch was cut off", epoch, before.size)
        if (before.size, before.root) != (size, root):
            raise Refused("the epoch ended another way", epoch, 0)


def _demand_kept(heads: Sequence[Head], kept: Sequence[Head]) -> None:
    """Every kept checkpoint is of this log, and the log reaches as far."""
    known = {head.origin: head for head in heads}
    for one in kept:
        head = known.get(one.origin)
        if head is None:
            raise Refused(f"a kept checkpoint is of {one.origin}, which is not here")
        if head.size < one.size:
            raise Refused("the log was cut off", head.epoch, head.size)


def _demand_same(heads: Sequence[Head], kept: Sequence[Head]) -> None:
    """Single entries show nothing of a kept checkpoint, unless it is theirs."""
    known = {(head.origin, head.size, head.root) for head in heads}
    for one in kept:
        if (one.origin, one.size, one.root) not in known:
            raise Refused(
                "entries with proofs cannot show that a kept checkpoint still holds:"
                " that takes the evidence of the whole log"
            )


def _pruned(archive: Archive, heads: Sequence[Head], keys: Keys) -> Pruned | None:
    """What vouches for entries that are missing: an entry that a key of the log signed.

    That it stands in the tree is seen with all entries of its tile, which are here.
    """
    if "pruned.json" not in archive.names:
        return None
    place = json.loads(archive.read("pruned.json"))["entry"]
    epoch, index = place["epoch"], place["index"]
    head = next((one for one in heads if one.epoch == epoch), None)
    if head is None or not 0 <= index < head.size:
        raise Refused("the entry that tells of the pruning is not here", epoch, index)
    number = index // WIDTH
    width = min(WIDTH, head.size - number * WIDTH)
    leaves = unbundled(archive.tile(epoch, "entries", number, width))
    said = json.loads(leaves[index % WIDTH])
    counts, digests = said["counts"], said["digests"]
    found = Pruned(
        counts["epoch"],
        counts["index"],
        bytes.fromhex(digests["root"]),
        counts["number"],
    )
    origin = f"{head.origin.rpartition('/')[0]}/{found.epoch}"
    line = f"{found.below} {found.number}"
    message = "\n".join([PRUNING, origin, line, found.root.hex(), ""]).encode()
    signature = bytes.fromhex(digests["signature"])
    if said["action"] not in _PRUNING_ACTS or not any(
        ed25519_verifies(key, message, signature) for key in set(keys.values())
    ):
        raise Refused("the log did not sign its record of the pruning", epoch, index)
    return found


def _verify_tree(
    archive: Archive, head: Head, kept: Sequence[Head], pruned: Pruned | None
) -> int:
    """Entries, tiles and root of one epoch; the first index that is wrong is named.

    It returns how many entries are there.
    """
    wanted = sorted((one for one in kept if one.origin == head.origin), key=_size)
    if pruned is not None and pruned.epoch == head.epoch:
        wanted.append(Head(head.origin, pruned.below, pruned.root, None))
        wanted.sort(key=_size)
    tree, roots, missing = Tree(), b"", 0
    for number in range(-(-head.size // WIDTH)):
        width = min(WIDTH, head.size - number * WIDTH)
        end = number * WIDTH + width
        if pruned is not None and pruned.covers(head.epoch, end):
            hashes = _hashes_alone(archive, head, number, width)
            missing = end
        else:
            hashes = _leaf_hashes(archive, head, number, width, pruned)
        while wanted and wanted[0].size <= tree.size + width:
            _demand_extends(tree, hashes, wanted.pop(0))
        if width == WIDTH:
            root = tile_root(hashes)
            roots += root
            tree.append(root, 8)
        else:
            for i in range(0, len(hashes), HASH):
                tree.append(hashes[i : i + HASH])
    _demand_upper(archive, head, roots)
    if tree.root != head.root:
        raise Refused("the entries do not lead to the signed root", head.epoch, 0)
    return tree.size - missing


def _size(head: Head) -> int:
    return head.size


def _hashes_alone(archive: Archive, head: Head, number: int, width: int) -> bytes:
    """The hashes of entries that were pruned; the signed root says if they are true."""
    first = number * WIDTH
    hashes = archive.tile(head.epoch, "0", number, width)
    if len(hashes) != width * HASH:
        raise Refused("a tile is cut off", head.epoch, first)
    return hashes


def _demand_no_later(leaves: Sequence[bytes], pruned: Pruned) -> None:
    """No later record takes back what the one that vouches allowed."""
    for leaf in leaves:
        if b'"action":"audit.log.prun' in leaf:
            number = json.loads(leaf).get("counts", {}).get("number", 0)
            if number > pruned.number:
                raise Refused("a later entry says otherwise of the pruning")


def _leaf_hashes(
    archive: Archive, head: Head, number: int, width: int, pruned: Pruned | None
) -> bytes:
    """The hashes of the entries below one tile, which must be the tile's."""
    first = number * WIDTH
    try:
        leaves = unbundled(archive.tile(head.epoch, "entries", number, width))
        tile = archive.tile(head.epoch, "0", number, width)
        if pruned is not None:
            _demand_no_later(leaves, pruned)
    except Refused as refusal:
        raise Refused(refusal.says, head.epoch, first) from None
    hashed = sha256
    hashes = b"".join([hashed(b"\x00" + leaf).digest() for leaf in leaves])
    if hashes == tile and len(leaves) == width:
        return hashes
    place = next(
        (i for i in range(width) if _at(hashes, i) != _at(tile, i)),
        min(len(leaves), width),
    )
    is_there = place < len(leaves)
    says = "the entry is not what was sealed" if is_there else "the entry is missing"
    raise Refused(says, head.epoch, first + place)


def _at(joined: bytes, place: int) -> bytes:
    return joined[place * HASH : (place + 1) * HASH]


def _demand_extends(tree: Tree, hashes: bytes, kept: Head) -> None:
    """The tree had, at the size of a kept checkpoint, that checkpoint's root."""
    earlier = tree.copy()
    for place in range(kept.size - tree.size):
        earlier.append(_at(hashes, place))
    if earlier.root != kept.root:
        raise Refused(
            f"history before entry {kept.size} is not the one that was kept",
            kept.epoch,
            0,
        )


def _demand_upper(archive: Archive, head: Head, roots: bytes) -> None:
    """The tiles above level 0 hold the roots of those below."""
    level = 1
    while roots:
        above = b""
        count = len(roots) // HASH
        for number in range(-(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            made = roots[number * WIDTH * HASH : (number * WIDTH + width) * HASH]
            tile = archive.tile(head.epoch, str(level), number, width)
            if tile != made:
                wrong = next(i for i in range(width) if _at(tile, i) != _at(made, i))
                index = (number * WIDTH + wrong) << (8 * level)
                raise Refused("a tile is not that of its entries", head.epoch, index)
            if width == WIDTH:
                above += tile_root(made)
        level, roots = level + 1, above


# --- Keys that came later, witnesses and timestamps ----------------------------------


class Proof(NamedTuple):
    """An entry with the way to the head in the same file (C2SP tlog-proof)."""

    entry: dict[str, Any]
    head: Head
    note: str


class Alone(NamedTuple):
    """The bytes of one entry, its opened details, and the head it was proven under."""

    leaf: bytes
    details: dict[str, Any]
    place: int
    head: Head


def _trusted(archive: Archive, given: Keys) -> Keys:
    """The given keys, and those of the export that they lead to.

    One leads to another where it signed the head over an entry that names the other,
    and the other signed that head as well. The second signature alone is no proof:
    anybody can put theirs below a head.
    """
    own = keys_of(archive.read("vkeys").decode())
    if not given:
        return own
    trusted, number = set(given.values()), 0
    while (name := f"rotation-{number}.tlog-proof") in archive.names:
        held = {key: public for key, public in own.items() if public in trusted}
        fresh = _rotated(archive.read(name).decode(), own, {**held, **given})
        if fresh is not None:
            trusted.add(fresh)
        number += 1
    led = {key: public for key, public in own.items() if public in trusted}
    return {**led, **given}


def _rotated(text: str, own: Keys, trusted: Keys) -> bytes | None:
    """The key that a proof introduces; None where no trusted key signed its head."""
    try:
        proof = _proof_of(text, trusted, "audit.key.rotated")
    except Refused:
        return None
    fresh = bytes.fromhex(proof.entry["digests"]["public_key"])
    try:
        head_of(proof.note, _named(proof.head.origin, {("", b""): fresh}))
    except Refused:
        return None
    return fresh if fresh in own.values() else None


def _proof_of(text: str, keys: Keys, action: str) -> Proof:
    """The entry of a tlog-proof, which must lead to the head that a key signed."""
    note = text.partition("\n\n")[2]
    found = _entry_of(text, _named(note.partition("\n")[0], keys))
    entry = json.loads(found.leaf)
    if entry["action"] != action:
        raise Refused("the entry of a proof is about something else")
    return Proof(entry, found.head, note)


def _entry_of(text: str, keys: Keys) -> Alone:
    """What a tlog-proof proves; its head is one that a key of that very log signed."""
    lines, _gap, note = text.partition("\n\n")
    first, *rest = lines.split("\n")
    if first != PROOF or len(rest) < 2 or not rest[0].startswith("extra "):
        raise Refused("this is no proof of an entry")
    extra, index, *hashes = rest
    told = json.loads(_decoded(extra[6:]))
    leaf = _decoded(told["entry"])
    head = head_of(note, keys)
    at = _number(index.partition(" ")[2])
    way = [_decoded(one) for one in hashes]
    if not leads_to(sha256(b"\x00" + leaf).digest(), at, head.size, way, head.root):
        raise Refused("the entry of a proof does not lead to its head", head.epoch, at)
    return Alone(leaf, told.get("details", {}), at, head)


def _attested(
    archive: Archive, keys: Keys, witnesses: Keys
) -> tuple[list[Head], list[str]]:
    """The heads of this log that somebody outside attests, and what they say."""
    heads, said = [], []
    if "anchor.tlog-proof" in archive.names:
        head, note = _anchored(archive, "anchor.tlog-proof", keys)
        heads.append(head)
        said.append(f"up to {_place(head)} {_cosigned(note, witnesses)}")
    if "timestamped.tlog-proof" in archive.names:
        head, note = _anchored(archive, "timestamped.tlog-proof", keys)
        if archive.read("timestamped.checkpoint").decode() != note:
            raise Refused("the timestamp is over another head than its proof leads to")
        at = _stamped(archive.read("timestamped.tsr"), note)
        heads.append(head)
        said.append(
            f"up to {_place(head)} timestamped {at} (the authority's own signature:"
            " openssl ts -verify, see README)"
        )
    return heads, said


def _place(head: Head) -> str:
    return f"entry {head.size} of epoch {head.epoch}"


def _anchored(archive: Archive, name: str, keys: Keys) -> tuple[Head, str]:
    """The head of this log that an entry of the installation's log names."""
    try:
        proof = _proof_of(archive.read(name).decode(), keys, "audit.head.anchored")
        counts, digests = proof.entry["counts"], proof.entry["digests"]
        root = bytes.fromhex(digests["root"])
        origin = _origin(archive, str(proof.entry["target_id"]), counts["epoch"])
        return Head(origin, counts["size"], root, None), proof.note
    except Refused as refusal:
        raise Refused(f"{name}: {refusal.says}") from None


def _origin(archive: Archive, log: str, epoch: int) -> str:
    """The origin of this log in an epoch, which must be the log that is named."""
    origin = archive.read(f"{epoch}/checkpoint").decode().partition("\n")[0]
    if origin.split("/")[-2:-1] != [log]:
        raise Refused("the head that is attested is that of another log")
    return origin


def _cosigned(note: str, witnesses: Keys) -> str:
    """Who cosigned a head and when; with no key of theirs that they are said to."""
    text, found = _signed(note)
    for name, raw in found:
        public = witnesses.get((name, raw[:4]))
        if public is None:
            continue
        seconds = int.from_bytes(raw[4:12], "big")
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        if not ed25519_verifies(public, message, raw[12:]):
            raise Refused(f"anchor.tlog-proof: the cosignature of {name} is wrong")
        return f"cosigned by {name} at {_when(seconds)}"
    if witnesses:
        raise Refused("anchor.tlog-proof: no given witness cosigned it")
    names = ", ".join(name for name, raw in found if len(raw) == 76) or "nobody"
    return f"said to be cosigned by {names} (not checked: give --witness KEY)"


def _when(seconds: int) -> str:
    if seconds >= 1 << 35:
        raise Refused("a cosignature is of no time that there is")
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()  # noqa: UP017 -- Python 3.9


def _stamped(answer: bytes, note: str) -> str:
    """When an authority says it saw a head; its imprint must be that head's.

    TimeStampResp > token > SignedData > encapContentInfo > TSTInfo (RFC 3161, 5652).
    """
    try:
        status, token = _parts(_parts(answer)[0][1])[:2]
        if _parts(status[1])[0][1] not in (b"\x00", b"\x01"):
            raise Refused("timestamped.tsr: the authority granted nothing")
        signed = _parts(_parts(_parts(token[1])[1][1])[0][1])
        content = _parts(_parts(signed[2][1])[1][1])[0][1]
        told = _parts(_parts(content)[0][1])
        algorithm, imprint = _parts(told[2][1])[:2]
    except (IndexError, ValueError):
        raise Refused("timestamped.tsr is no answer of an authority") from None
    if _SHA256_OID not in algorithm[1] or imprint[1] != sha256(note.encode()).digest():
        raise Refused("timestamped.tsr: the timestamp is not over this head")
    return told[4][1].decode("ascii")


_SHA256_OID = bytes.fromhex("0609608648016503040201")


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    """The tags and contents that stand one after another in DER."""
    found, start = [], 0
    while start < len(der):
        tag, length, begin = der[start], der[start + 1], start + 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(der[begin : begin + width], "big")
            begin += width
        if not 0 <= length <= len(der) - begin:
            raise ValueError("a part of DER is cut off")
        found.append((tag, der[begin : begin + length]))
        start = begin + length
    return found


# --- Details and proofs ------------------------------------------------------------


def _verify_details(archive: Archive, head: Head, events: Events) -> int:
    """Every opened detail is what its entry committed to; how many there are."""
    count, number, before = 0, -1, -1
    leaves: list[bytes] = []
    for line in archive.lines(f"{head.epoch}/details.jsonl"):
        index = line["index"]
        if not 0 <= index < head.size:
            raise Refused("details of an entry that is not there", head.epoch, index)
        if index <= before:
            raise Refused("details stand in the wrong place", head.epoch, index)
        before = index
        if index // WIDTH != number:
            number = index // WIDTH
            width = min(WIDTH, head.size - number * WIDTH)
            bundle = archive.tile(head.epoch, "entries", number, width)
            leaves = unbundled(bundle)
        leaf = leaves[index % WIDTH]
        count += _demand_commitments(leaf, line["details"], head.epoch, index)
        events.compare(head, index, leaf, line["details"])
    return count


def _compare_rest(
    archive: Archive, head: Head, pruned: Pruned | None, events: Events
) -> None:
    """Compares the events of entries without details; the tree was verified before."""
    number, leaves = -1, []
    for index in events.waiting(head):
        if index // WIDTH != number:
            number = index // WIDTH
            end = min((number + 1) * WIDTH, head.size)
            is_gone = pruned is not None and pruned.covers(head.epoch, end)
            width = end - number * WIDTH
            bundle = (
                b"" if is_gone else archive.tile(head.epoch, "entries", number, width)
            )
            leaves = unbundled(bundle)
        if leaves:
            events.compare(head, index, leaves[index % WIDTH], {})


def _demand_commitments(
    leaf: bytes, details: dict[str, Any], epoch: int, index: int
) -> int:
    commit = json.loads(leaf).get("commit", {})
    for name, opened in details.items():
        value = json.dumps(
            opened["value"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        message = b"\x00".join((LABEL, name.encode(), value.encode()))
        made = hmac.new(_decoded(opened["salt"]), message, "sha256").digest()
        if commit.get(name) != base64.b64encode(made).decode():
            raise Refused(f"{name} is not what was committed to", epoch, index)
    return len(details)


def _verify_proofs(
    archive: Archive, head: Head, workspace: str | None, events: Events
) -> tuple[int, int]:
    """Entries with a proof each: the count of entries and of opened details."""
    entries = details = 0
    before = -1
    for line in archive.lines(f"{head.epoch}/entries.jsonl"):
        index, leaf = line["index"], _leaf(line)
        proof = [_decoded(text) for text in line["proof"]]
        hashed = sha256(b"\x00" + leaf).digest()
        if not leads_to(hashed, index, head.size, proof, head.root):
            says = "the entry does not lead to the signed root"
            raise Refused(says, head.epoch, index)
        if index <= before:
            raise Refused("the entry stands in the wrong place", head.epoch, index)
        if workspace and json.loads(leaf).get("workspace") != workspace:
            raise Refused("the entry is of another workspace", head.epoch, index)
        opened = line.get("details", {})
        details += _demand_commitments(leaf, opened, head.epoch, index)
        events.compare(head, index, leaf, opened)
        entries, before = entries + 1, index
    return entries, details


def _verify_proof(
    path: Path, keys: Keys, notes: Sequence[str], events: Events
) -> Result:
    """One entry in a file of its own; only a given key can vouch for it."""
    with path.open("rb") as file:
        content = file.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise Refused(f"a proof is not longer than {_LARGEST_TEXT} bytes")
    found = _entry_of(content.decode(), keys)
    head = found.head
    _demand_same([head], [head_of(one, keys) for one in notes])
    details = _demand_commitments(found.leaf, found.details, head.epoch, found.place)
    events.compare(head, found.place, found.leaf, found.details)
    origin = head.origin.rpartition("/")[0]
    return Result("proof", origin, 1, details, [head], None, [])


def _leaf(line: dict[str, Any]) -> bytes:
    if "leaf" in line:
        return str(line["leaf"]).encode()
    return _decoded(line["leaf_base64"])


# --- Events: what was said of entries beside their evidence --------------------------


class Events:
    """What files say of entries, until each is found to be what an entry says.

    An event of Custos names its place in the log; the raw JSON of an entry is known by
    its id.
    """

    def __init__(self) -> None:
        self._placed: dict[tuple[str, int], list[_Said]] = {}
        self._raw: dict[str, list[_Said]] = {}
        self._all: list[_Said] = []
        self._met: list[_Said] = []

    def read(self, path: Path) -> None:
        """Takes up the events of a file; one document, or one a line."""
        for number, event in enumerate(_documents(path), start=1):
            said = _Said(path, number, event)
            self._all.append(said)
            if "log" in event:
                place = str(event["log"]["origin"]), int(event["log"]["index"])
                self._placed.setdefault(place, []).append(said)
            else:
                self._raw.setdefault(str(event["id"]), []).append(said)

    def waiting(self, head: Head) -> Sequence[int]:
        """Under which indexes something may stand that nothing was compared with yet.

        Raw entries say nothing of their place: they may stand under any.
        """
        met = set(self._met)
        if any(said not in met for group in self._raw.values() for said in group):
            return range(head.size)
        return sorted(
            index
            for (log, index), group in self._placed.items()
            if log == head.origin and index < head.size and not met.issuperset(group)
        )

    def compare(
        self, head: Head, index: int, leaf: bytes, details: dict[str, Any]
    ) -> None:
        """Compares what was said of a proven entry with what it says."""
        for said in self._placed.get((head.origin, index), ()):
            said.compare(_demand_said, leaf, details)
            self._met.append(said)
        if not self._raw:
            return
        for said in self._raw.get(str(json.loads(leaf).get("id")), ()):
            said.compare(_demand_raw, leaf)
            self._met.append(said)

    def settle(self, *, holds: bool) -> None:
        """What was compared counts where the file that proved it holds as a whole."""
        for said in self._met if holds else ():
            said.is_proven = True
        self._met = []

    def results(self) -> list[dict[str, Any]]:
        """What became of each file of events; the first that does not hold is named."""
        found: dict[Path, dict[str, Any]] = {}
        for said in self._all:
            line = {"file": str(said.path), "verified": True, "kind": "events"}
            line = found.setdefault(said.path, line)
            line["events"] = said.number
            says = said.says
            if says and line["verified"]:
                line.update(verified=False, says=f"event {said.number}: {says}")
        return list(found.values())


class _Said:
    """One event of a file."""

    def __init__(self, path: Path, number: int, event: dict[str, Any]) -> None:
        self.path, self.number, self.event = path, number, event
        self.flaw, self.is_proven = "", False

    def compare(self, demand: Callable[..., None], *given: Any) -> None:
        """Notes what is wrong with it, if anything is."""
        try:
            demand(self.event, *given)
        except Refused as refusal:
            self.flaw = refusal.says
        except _MALFORMED as error:
            self.flaw = f"malformed: {error}"

    @property
    def says(self) -> str:
        """Why it is not what an entry says; empty where it is."""
        if self.flaw or self.is_proven:
            return self.flaw
        return "none of the other files proves the entry that it is about"


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file: one over many lines, or one in each line."""
    with path.open("rb") as file:
        begin = file.read(_LARGEST_TEXT)
        file.seek(0)
        try:
            found = [_object(begin)]
        except json.JSONDecodeError:
            found = list(_in_lines(path, file))
    for one in found:
        if not isinstance(one, dict):
            raise Refused(f"{path} holds something else than events")
        yield one


def _in_lines(path: Path, file: BinaryIO) -> Iterator[Any]:
    while line := file.readline(_LARGEST_LINE + 1):
        if len(line) > _LARGEST_LINE:
            raise Refused(f"{path} has a line longer than it may be")
        if line.strip():
            yield _object(line)


def _object(text: bytes) -> Any:
    """JSON that every reader reads alike: no name stands twice in an object."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("an event says something twice")
    return found


_OWN_WORDS = ("log", "message", "area", "leaf", "leaf_base64")


def _demand_said(event: dict[str, Any], leaf: bytes, details: dict[str, Any]) -> None:
    """The event says of the entry what the entry says, and nothing else."""
    if _leaf(event) != leaf:
        raise Refused("it is not the entry that was sealed there")
    told = {name: value for name, value in event.items() if name not in _OWN_WORDS}
    meant: dict[str, Any] = {}
    if "leaf" in event:
        meant = _meant(json.loads(leaf), details, told.get("withheld", []))
    for name in sorted({*told, *meant}):
        if _canonical(told.get(name)) != _canonical(meant.get(name)):
            raise Refused(
                f"{name!r} is not what the entry and its opened details say; where"
                " details were erased since, export both again"
            )


def _demand_raw(entry: dict[str, Any], leaf: bytes) -> None:
    if _canonical(entry) != leaf:
        raise Refused("it is not the entry that was sealed")


def _meant(
    entry: dict[str, Any], details: dict[str, Any], withheld: list[str]
) -> dict[str, Any]:
    """An entry as an event of Custos says it, with what it does not withhold."""
    opened = {
        name: one["value"] for name, one in details.items() if name not in withheld
    }
    actor = {"kind": entry["actor_kind"], "id": entry.get("actor")}
    actor |= {
        name: opened[field] for field, name in _ACTOR.items() if opened.get(field)
    }
    changes = {
        name[len(_CHANGE) :]: {"before": value[0], "after": value[-1]}
        for name, value in opened.items()
        if name.startswith(_CHANGE) and isinstance(value, list) and value
    }
    others = {
        name[len(_DETAIL) :]: value
        for name, value in opened.items()
        if name.startswith(_DETAIL)
    }
    same = ("id", "organization", "workspace", "action", "outcome", "policy")
    meant = {name: entry.get(name) for name in same}
    meant |= {
        "time": entry["time"].replace(".000000Z", "Z"),
        "actor": {name: value for name, value in actor.items() if value},
        "target": {"kind": entry["target_kind"], "id": entry["target_id"]},
        "counts": entry.get("counts"),
        "digests": entry.get("digests"),
        "changes": changes,
        "details": others,
        "reason": opened.get("reason"),
        "withheld": sorted(set(entry.get("commit", {})) - set(opened)),
    }
    return {name: value for name, value in meant.items() if value}


_CHANGE, _DETAIL = "change.", "detail."
_ACTOR = {
    "actor_id": "id",
    "actor_label": "label",
    "actor_role": "role",
    "ip": "ip",
    "user_agent": "user_agent",
}


def _canonical(value: Any) -> bytes:
    """RFC 8785 of what entries hold: integers, strings, ASCII names."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode("utf-8", "surrogatepass")


# --- The program -------------------------------------------------------------------


def _told(
    path: Path, keys: Keys, notes: Sequence[str], witnesses: Keys, events: Events
) -> dict[str, Any]:
    said: dict[str, Any] = {"file": str(path), "verified": False}
    result = None
    try:
        result = verified(path, keys, notes, witnesses, events)
    except Refused as refusal:
        said["says"] = refusal.says
        where = {"epoch": refusal.epoch, "first_bad_index": refusal.index}
        return {**said, **{k: v for k, v in where.items() if v is not None}}
    except _MALFORMED as error:
        return {**said, "says": f"malformed: {error}"}
    except _UNREADABLE as error:
        return {**said, "says": f"no readable archive: {error}"}
    finally:
        events.settle(holds=result is not None)
    below = result.pruned and {
        "epoch": result.pruned.epoch,
        "index": result.pruned.below,
    }
    return {
        "file": str(path),
        "verified": True,
        "trusted": bool(keys),
        "kind": result.kind,
        "origin": result.origin,
        "entries": result.entries,
        "details": result.details,
        "sizes": {str(head.epoch): head.size for head in result.heads},
        "attested": result.attested,
        **({"pruned_below": below} if below else {}),
    }


_MALFORMED = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    RuntimeError,
    zlib.error,
)


def _line(said: dict[str, Any]) -> str:
    if not said["verified"]:
        place = "".join(
            f" {word} {said[name]}"
            for word, name in (("epoch", "epoch"), ("entry", "first_bad_index"))
            if name in said
        )
        return "BAD {}:{} {}".format(said["file"], place and place + ":", said["says"])
    if said["kind"] == "events":
        return f"ok  {said['file']}: {said['events']} events, as they were sealed"
    counted = f"{said['entries']} entries, {said['details']} opened details"
    if below := said.get("pruned_below"):
        counted += f", pruned below index {below['index']} of epoch {below['epoch']}"
    word = "ok " if said["trusted"] else "self"
    lines = [f"{word} {said['file']}: {counted}, {said['origin']}"]
    return "\n    ".join([*lines, *said["attested"]])


def _given(texts: Sequence[str], kind: bytes = b"\x01") -> Keys:
    keys: Keys = {}
    for text in texts:
        is_text = text.count("+") > 1 and "\n" not in text
        lines = text if is_text else Path(text).read_text("utf-8")
        keys.update(keys_of(lines, kind))
    return keys


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="custos-verify")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--checkpoint", action="append", default=[], type=Path)
    parser.add_argument("--event", action="append", default=[], type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args(arguments)
    try:
        keys, witnesses = _given(asked.key), _given(asked.witness, b"\x04")
        notes = [one.read_text("utf-8") for one in asked.checkpoint]
        events = Events()
        for path in asked.event:
            events.read(path)
        for path in asked.files:
            _demand_readable(path, keys)
        results = [_told(path, keys, notes, witnesses, events) for path in asked.files]
        results += events.results()
    except (Refused, OSError, *_MALFORMED) as error:
        print(f"custos-verify: {error}", file=sys.stderr)  # noqa: T201 -- a program
        return 2
    for said in results:
        print(json.dumps(said) if asked.json else _line(said))  # noqa: T201
    if not all(said["verified"] for said in results):
        return 1
    if not keys:
        print(_SELF, file=sys.stderr)  # noqa: T201
        return 3
    return 0


def _demand_readable(path: Path, keys: Keys) -> None:
    """An archive, or a proof with a key for it."""
    with path.open("rb") as file:
        if zipfile.is_zipfile(file):
            return
        file.seek(0)
        if file.read(len(PROOF)) != PROOF.encode():
            raise Refused(f"{path} is no archive, and no proof of an entry")
    if not keys:
        raise Refused(f"{path} brings no key of its own: give --key")


_SELF = (
    "No --key was given: the export is only compared with itself, by the keys that it"
    " brings, so whoever made it may have made all of it. Give a line of vkeys that you"
    " received another way."
)


if __name__ == "__main__":
    sys.exit(main())
