"""Writes a log as a ZIP that other people's tools verify: C2SP tiles and open details.

Everything stops at the head that was newest when the export began, so the parts agree
however long the writing takes. Leaves and details go through memory 256 at a time.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO

from audit.log import checkpoints, details, pruned, storage, tiles, tlog_proof, tree
from audit.log.leaf import LABEL, Leaf, LeafRefused, canonical
from audit.log.models import Part
from audit.log.proving import Prover
from audit.log.pruned import BEGINNING, Boundary, NotVouchedFor, Voucher
from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.log.tiles import WIDTH, Tile
from audit.verification import verifier
from audit.verification.archives import Archive
from kit import scoping
from kit.sealing import CannotOpen

VERIFIER = "custos-verify.py"
"""The program that verifies an export, and travels in it."""

README = """\
Audit log {origin}
Exported {at}

One folder per epoch, laid out as C2SP tlog-tiles (https://c2sp.org/tlog-tiles):

    <epoch>/checkpoint            the signed head: origin, size, root, signature
    <epoch>/tile/<level>/<n>      256 hashes of a level; the last ones are partial
    <epoch>/tile/entries/<n>      the entries below a tile, each behind its length
    <epoch>/details.jsonl         what the commitments in the entries stand for
    vkeys                         the keys that sign, as C2SP verifier keys
    rotation-<n>.tlog-proof       how one key led to the next: see 9.
    anchor.tlog-proof             where a witness cosigned: see 6.
    timestamped.*                 where an authority timestamped: see 7.
    pruned.json                   from where on entries are here: see 8.
    custos-verify.py              verifies all this; needs Python 3 and nothing else

To verify with that file (better: with one that you received another way):

    python3 custos-verify.py --key 'KEY' --checkpoint 'OLDER HEAD' this.zip

KEY is a line of vkeys, compared with those you received another way; OLDER HEAD is a
checkpoint that you kept, where you have one. `openssl pkeyutl -verify -rawin` verifies
the signature alone.

To verify with other people's tools:

1. Compare the verifier keys in `vkeys` with those you received another way.
2. Open `checkpoint` as a C2SP signed note with that key. Go: note.Open of
   golang.org/x/mod/sumdb/note. The signature is Ed25519 over everything before the
   blank line.
3. Hash each entry as SHA-256(0x00 || entry) and each pair as
   SHA-256(0x01 || left || right) (RFC 6962, 2.1). The root must be the one in the
   checkpoint. Go: tlog of golang.org/x/mod/sumdb.
4. The fourth line of a checkpoint, `previous <epoch> <size> <root>`, says how the epoch
   before ended. The folder of that epoch must hold a checkpoint of that size and root:
   otherwise the epoch was cut off or left out. Epoch 1 and logs that began later have
   no such line.
5. Keep the checkpoint. A later export must extend it: a log that was cut or rewritten
   does not.

6. `anchor.tlog-proof` (https://c2sp.org/tlog-proof) is there once a witness outside
   cosigned a head of the installation's own log. `extra` is base64 of RFC 8785 JSON;
   its `entry` (base64) names a head of this log: `target_id` is the id in the origin,
   `counts` its epoch and size, `digests` its root. Hash the entry as in 3, follow the
   hashes to the root of the checkpoint in the file, and verify the witness' line below
   it (https://c2sp.org/tlog-cosignature) with the key of the witness. Step 5 holds for
   the head that the entry names.
7. `timestamped.tlog-proof`, where an authority timestamps, is the like; its checkpoint
   is `timestamped.checkpoint` and the authority's answer `timestamped.tsr`:
   openssl ts -verify -data timestamped.checkpoint -in timestamped.tsr -CAfile ROOTS
8. `pruned.json` is there once old entries are gone by the log's own retention:
   `below` says from which epoch and index on entries are here, `entry` which entry
   vouches for that. All hashes are here, so 3 holds with the tiles of level 0 in place
   of the entries that are gone. `digests` of that entry give the root of the tree at
   `below` and the Ed25519 signature, by a key of vkeys, of five lines: the word
   custos.audit.pruning.v1, the origin of that epoch, the index and `counts.number`,
   the root in hex, and an empty one. Of several such entries the highest number counts.

9. `rotation-<n>.tlog-proof` is there for each time that the key was changed: its
   `entry` names the new key (`digests.public_key`, hex) and leads to a head that the
   old and the new key signed. An older key that you have leads to the newest one by
   these alone; a signature of a new key without such an entry proves nothing.

An entry is RFC 8785 JSON. Its `commit` maps a field to base64 of
HMAC-SHA-256(salt, "{label}" || 0x00 || field || 0x00 || RFC 8785 of the value).
`details.jsonl` gives salt and value of each field. A field that is not there was
erased or is withheld; the proof of its entry stays valid.
"""


_COSIGNED = """
select leaf, index, cosigned_proof, cosigned from audit_anchor
 where organization_id = %s and cosigned <> '' order by hour desc limit 1
"""
_STAMPED = """
select leaf, index, stamped_proof, stamped, stamp from audit_anchor
 where organization_id = %s and stamped <> '' order by hour desc limit 1
"""
_ROTATED = """
select f.epoch, f.index, e.leaf from audit_facet f
  join audit_entry e on e.id = f.entry_id and e.organization_id = f.organization_id
 where f.organization_id = %s and f.action = 'audit.key.rotated'
 order by f.epoch, f.index
"""
_SEQUENCER = "sequencer"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export holds."""

    entries: int
    checkpoint: str


Opened = dict[str, dict[str, object]]
"""Salt and value of each field of one entry that opens."""
Progress = Callable[[int], None]
"""Told how many entries are written."""


def write(log: Log, *, file: IO[bytes], at: datetime, using: str) -> Exported:
    """Writes the log into `file`."""
    bundle = Bundle(log, at=at, using=using)
    for piece in bundle.pieces():
        file.write(piece)
    return bundle.exported


class Bundle:
    """One export of a whole log, fixed at the heads that are newest now."""

    def __init__(self, log: Log, *, at: datetime, using: str) -> None:
        self._log = log
        self._at = at
        self._using = using
        # Read first, so that the heads cover the entry that vouches.
        self._voucher = voucher_of(log, using=using)
        # Read first too: heads must reach as far as what attests them.
        self._attested = list(_anchors(log, using=using))
        self._heads = heads_of(log, using)
        self._below = self._voucher.boundary if self._voucher else BEGINNING
        self._archive = Archive(at=at)

    @property
    def exported(self) -> Exported:
        """What it holds once it is written."""
        entries = sum(here(head, below=self._below) for head in self._heads)
        newest = self._heads[-1].note if self._heads else ""
        return Exported(entries=entries, checkpoint=newest)

    def pieces(self, *, progress: Progress = lambda _done: None) -> Iterator[bytes]:
        """The archive, to be written in this order."""
        yield from preamble(self._archive, self._log, readme=self._readme())
        for name, content in self._attested:
            yield self._archive.put(name, content)
        if self._voucher is not None:
            yield self._archive.put("pruned.json", _pruned(self._voucher))
        after, done = self._begin(), 0
        for head in self._heads:
            yield from self._epoch(head, after=after, done=done, progress=progress)
            if here(head, below=self._below):
                after = head.last_place
            done += here(head, below=self._below)
        yield self._archive.ended()

    def _begin(self) -> Place:
        """What lies before the first entry that is here."""
        if self._below == BEGINNING:
            return START
        found = storage.place_before(
            organization_id=self._log.organization_id,
            epoch=self._below.epoch,
            index=self._below.index,
            using=self._using,
        )
        return found or START

    def _readme(self) -> str:
        return README.format(
            origin=self._log.origin, at=self._at.isoformat(), label=LABEL.decode()
        )

    def _epoch(
        self, head: Block, *, after: Place, done: int, progress: Progress
    ) -> Iterator[bytes]:
        """The head, tiles, entries and details of one epoch."""
        folder = str(head.epoch)
        yield self._archive.put(f"{folder}/checkpoint", head.note.encode())
        for tile in tiles.tiles_of(head.end):
            hashes = storage.tile_hashes(
                organization_id=self._log.organization_id,
                epoch=head.epoch,
                tile=tile,
                using=self._using,
            )
            yield self._archive.put(f"{folder}/{tile.path}", hashes, is_dense=True)
        for tile, places in self._bundles(head, after=after):
            content = tiles.bundle(leaf for _place, leaf in places)
            yield self._archive.put(f"{folder}/{tile.entries_path}", content)
            first = head.end - here(head, below=self._below)
            progress(done + tile.number * WIDTH + len(places) - first)
        # Read once more: what is opened is never put down unsealed to wait.
        lines = (
            line
            for tile, places in self._bundles(head, after=after)
            for line in self._lines(tile, places)
        )
        yield from self._archive.put_lines(f"{folder}/details.jsonl", lines)

    def _bundles(
        self, head: Block, *, after: Place
    ) -> Iterator[tuple[Tile, list[tuple[Place, bytes]]]]:
        first = head.end - here(head, below=self._below)
        if first == head.end:
            return
        leaves = storage.leaves_between(
            organization_id=self._log.organization_id,
            after=after,
            until=head.last_place,
            using=self._using,
        )
        numbered = groupby(
            enumerate(leaves, start=first), key=lambda pair: pair[0] // WIDTH
        )
        for number, group in numbered:
            places = [place for _index, place in group]
            yield Tile(level=0, number=number, width=len(places)), places

    def _lines(self, tile: Tile, places: list[tuple[Place, bytes]]) -> Iterator[bytes]:
        leaves = {entry_id: leaf for (_epoch, _xid, entry_id), leaf in places}
        opened = opened_of(self._log, leaves)
        for offset, entry_id in enumerate(leaves):
            if fields := opened.get(entry_id):
                index = tile.number * WIDTH + offset
                line = {"index": index, "details": fields}
                yield json.dumps(line, ensure_ascii=False, sort_keys=True).encode()


def voucher_of(log: Log, *, using: str) -> Voucher | None:
    """What vouches for entries that are gone; nothing where nobody signed it."""
    try:
        return pruned.voucher(log, keys=checkpoints.keys_of(log.uuid), using=using)
    except NotVouchedFor:
        return None


def here(head: Block, *, below: Boundary) -> int:
    """How many entries of an epoch are beyond what was pruned."""
    if head.epoch < below.epoch:
        return 0
    return head.end - (below.index if head.epoch == below.epoch else 0)


def _pruned(voucher: Voucher) -> bytes:
    """From where on entries are in an export, and which entry vouches for that."""
    below = voucher.boundary
    said = {
        "below": {"epoch": below.epoch, "index": below.index},
        "entry": {"epoch": voucher.epoch, "index": voucher.index},
    }
    return json.dumps(said).encode()


def opened_of(log: Log, leaves: Mapping[int, bytes]) -> dict[int, Opened]:
    """What opens of these entries, by entry id; what was damaged is withheld."""
    # The sequencer may not read details, so its role is not used here.
    with scoping.organization(organization_id=log.organization_id):
        sealed = storage.rows(
            "default",
            "select entry_id, part, sealed from audit_detail"
            " where entry_id = any(%s) and organization_id = %s",
            list(leaves),
            log.organization_id,
        )
    opened: dict[int, Opened] = {}
    for entry_id, part, content in sealed:
        try:
            found = details.opened(
                bytes(content),
                leaf_id=Leaf.parse(leaves[entry_id]).id,
                part=Part(part),
                key_id=log.key_id,
            )
        except (CannotOpen, LeafRefused, details.DetailsAreGone):
            continue
        fields = opened.setdefault(entry_id, {})
        for detail in found:
            salt = base64.b64encode(detail.salt).decode()
            fields[detail.name] = {"salt": salt, "value": detail.value}
    return opened


def _anchors(log: Log, *, using: str) -> Iterator[tuple[str, bytes]]:
    """The newest anchors below heads that somebody outside attests."""
    for row in storage.rows(using, _COSIGNED, log.organization_id):
        yield "anchor.tlog-proof", _proof(*row)
    for leaf, index, proof, head, stamp in storage.rows(
        using, _STAMPED, log.organization_id
    ):
        yield "timestamped.tlog-proof", _proof(leaf, index, proof, head)
        yield "timestamped.checkpoint", head.encode()
        yield "timestamped.tsr", bytes(stamp)


def _proof(leaf: bytes, index: int, proof: bytes, head: str) -> bytes:
    """One entry of the site's log as a C2SP tlog-proof."""
    extra = canonical({"entry": base64.b64encode(bytes(leaf)).decode()})
    return tlog_proof.text(
        extra=extra,
        index=index,
        hashes=tree.split_hashes(bytes(proof)),
        checkpoint=head,
    )


def preamble(archive: Archive, log: Log, *, readme: str) -> Iterator[bytes]:
    """What every export begins with: how to verify it, with what, and by which keys."""
    yield archive.put("README", readme.encode())
    yield archive.put(VERIFIER, Path(verifier.__file__).read_bytes())
    keys = checkpoints.keys_of(log.uuid)
    yield archive.put("vkeys", "".join(f"{key.vkey}\n" for key in keys).encode())
    for name, content in _rotations(log):
        yield archive.put(name, content)


def _rotations(log: Log) -> Iterator[tuple[str, bytes]]:
    """How one key led to the next: the entry that names it, under both signatures."""
    found = storage.rows(_SEQUENCER, _ROTATED, log.organization_id)
    for number, (epoch, index, leaf) in enumerate(found):
        (block,) = storage.blocks_over(
            organization_id=log.organization_id,
            epoch=epoch,
            first=index,
            end=index + 1,
            using=_SEQUENCER,
        )
        proof = tlog_proof.text(
            extra=canonical({"entry": base64.b64encode(bytes(leaf)).decode()}),
            index=index,
            hashes=Prover(log, block).proof(index),
            checkpoint=block.note,
        )
        yield f"rotation-{number}.tlog-proof", proof


def heads_of(log: Log, using: str) -> list[Block]:
    """The newest head of each epoch."""
    epochs = storage.epochs_of(organization_id=log.organization_id, using=using)
    return [
        block
        for epoch in epochs
        for block in storage.newest_blocks(
            ids=[log.organization_id], epoch=epoch, using=using
        )
    ]
