"""Writes a log as a ZIP that other people's tools verify: C2SP tiles and open details.

Everything stops at the head that was newest when the export began, so the parts agree
however long the writing takes. Leaves and details go through memory 256 at a time.
"""

import base64
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from audit.log import checkpoints, details, storage, tiles
from audit.log.leaf import LABEL, Leaf, LeafRefused
from audit.log.models import Part
from audit.log.selectors import Log
from audit.log.storage import START, Block, Place
from audit.log.tiles import WIDTH, Tile
from kit import scoping
from kit.sealing import CannotOpen

_IN_MEMORY = 8 * 1024 * 1024

README = """\
Audit log {origin}
Exported {at}

One folder per epoch, laid out as C2SP tlog-tiles (https://c2sp.org/tlog-tiles):

    <epoch>/checkpoint            the signed head: origin, size, root, signature
    <epoch>/tile/<level>/<n>      256 hashes of a level; the last ones are partial
    <epoch>/tile/entries/<n>      the entries below a tile, each behind its length
    <epoch>/details.jsonl         what the commitments in the entries stand for
    vkeys                         the keys that sign, as C2SP verifier keys

To verify without Custos:

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

An entry is RFC 8785 JSON. Its `commit` maps a field to base64 of
HMAC-SHA-256(salt, "{label}" || 0x00 || field || 0x00 || RFC 8785 of the value).
`details.jsonl` gives salt and value of each field. A field that is not there was
erased or is withheld; the proof of its entry stays valid.
"""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export holds."""

    entries: int
    checkpoint: str


def write(log: Log, *, file: IO[bytes], at: datetime, using: str) -> Exported:
    """Writes the log into `file`."""
    heads = _heads(log, using)
    after = START
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        writer = _Writer(log, archive=archive, at=at, using=using)
        writer.put("README", writer.readme().encode())
        keys = checkpoints.keys_of(log.uuid)
        writer.put("vkeys", "".join(f"{key.vkey}\n" for key in keys).encode())
        for head in heads:
            writer.epoch(head, after=after)
            after = head.last_place
    entries = sum(head.end for head in heads)
    return Exported(entries=entries, checkpoint=heads[-1].note if heads else "")


def _heads(log: Log, using: str) -> list[Block]:
    epochs = storage.epochs_of(organization_id=log.organization_id, using=using)
    return [
        block
        for epoch in epochs
        for block in storage.newest_blocks(
            ids=[log.organization_id], epoch=epoch, using=using
        )
    ]


class _Writer:
    """One archive being written."""

    def __init__(self, log: Log, *, archive: ZipFile, at: datetime, using: str) -> None:
        self._log = log
        self._archive = archive
        self._at = at
        self._using = using

    def readme(self) -> str:
        return README.format(
            origin=self._log.origin, at=self._at.isoformat(), label=LABEL.decode()
        )

    def put(self, name: str, content: bytes) -> None:
        self._archive.writestr(self._info(name), content)

    def epoch(self, head: Block, *, after: Place) -> None:
        """The head, tiles, entries and details of one epoch."""
        folder = str(head.epoch)
        self.put(f"{folder}/checkpoint", head.note.encode())
        for tile in tiles.tiles_of(head.end):
            hashes = storage.tile_hashes(
                organization_id=self._log.organization_id,
                epoch=head.epoch,
                tile=tile,
                using=self._using,
            )
            self.put(f"{folder}/{tile.path}", hashes)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as opened:
            for tile, places in self._bundles(head, after=after):
                leaves = [leaf for _place, leaf in places]
                self.put(f"{folder}/{tile.entries_path}", tiles.bundle(leaves))
                for line in self._lines(tile, places):
                    opened.write(line)
            opened.seek(0)
            with self._archive.open(self._info(f"{folder}/details.jsonl"), "w") as part:
                while chunk := opened.read(1 << 20):
                    part.write(chunk)

    def _bundles(
        self, head: Block, *, after: Place
    ) -> Iterator[tuple[Tile, list[tuple[Place, bytes]]]]:
        leaves = storage.leaves_between(
            organization_id=self._log.organization_id,
            after=after,
            until=head.last_place,
            using=self._using,
        )
        numbered = groupby(enumerate(leaves), key=lambda pair: pair[0] // WIDTH)
        for number, group in numbered:
            places = [place for _index, place in group]
            yield Tile(level=0, number=number, width=len(places)), places

    def _lines(self, tile: Tile, places: list[tuple[Place, bytes]]) -> Iterator[bytes]:
        # The sequencer may not read details, so its role is not used here.
        with scoping.organization(organization_id=self._log.organization_id):
            found = storage.rows(
                "default",
                "select entry_id, part, sealed from audit_detail"
                " where entry_id = any(%s) and organization_id = %s",
                [entry_id for (_epoch, _xid, entry_id), _leaf in places],
                self._log.organization_id,
            )
        sealed: dict[int, list[tuple[str, bytes]]] = {}
        for entry_id, part, content in found:
            sealed.setdefault(entry_id, []).append((part, bytes(content)))
        for offset, ((_epoch, _xid, entry_id), leaf) in enumerate(places):
            fields = self._opened(leaf, sealed.get(entry_id, []))
            if fields:
                index = tile.number * WIDTH + offset
                line = {"index": index, "details": fields}
                yield json.dumps(line, ensure_ascii=False, sort_keys=True).encode()
                yield b"\n"

    def _opened(
        self, leaf: bytes, sealed: list[tuple[str, bytes]]
    ) -> dict[str, dict[str, object]]:
        """What opens; what was damaged or tampered with is withheld."""
        opened: dict[str, dict[str, object]] = {}
        for part, content in sealed:
            try:
                found = details.opened(
                    content,
                    leaf_id=Leaf.parse(leaf).id,
                    part=Part(part),
                    key_id=self._log.key_id,
                )
            except (CannotOpen, LeafRefused, details.DetailsAreGone):
                continue
            for detail in found:
                salt = base64.b64encode(detail.salt).decode()
                opened[detail.name] = {"salt": salt, "value": detail.value}
        return opened

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, date_time=self._at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        return info
