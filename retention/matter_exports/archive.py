"""Writes the members of a tar archive one after the other, for parts of any number.

Parts that are whole members lie behind each other as one archive; only the last one
ends it. Paths are made of ids and fixed words, so nothing that people named can lead
out of the folder into which it is unpacked.
"""

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

_BLOCK = 512
END = bytes(2 * _BLOCK)
"""What ends an archive."""


class SizeDiffers(Exception):
    """A file holds more or less than its row says: the archive would not open."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file of the archive: its path, its size in bytes, and the bytes."""

    path: str
    size: int
    pieces: Iterable[bytes] = field(repr=False)


@dataclass(kw_only=True)
class Digests:
    """The lines of one manifest, as `sha256sum -c` reads them."""

    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """All lines."""
        return "".join(self.lines).encode("ascii")

    def add(self, path: str, digest: str) -> None:
        """One file."""
        self.lines.append(f"{digest}  {path}\n")


def whole(path: str, content: bytes) -> Item:
    """An item of bytes that are at hand."""
    return Item(path=path, size=len(content), pieces=(content,))


def member(
    item: Item, *, folder: str, at: datetime, digests: Digests
) -> Iterator[bytes]:
    """Header, bytes and padding of one item, whose digest goes into `digests`."""
    header = tarfile.TarInfo(f"{folder}/{item.path}")
    header.size, header.mtime, header.mode = item.size, int(at.timestamp()), 0o600
    yield header.tobuf(format=tarfile.PAX_FORMAT)
    digest, size = sha256(), 0
    for piece in item.pieces:
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != item.size:
        raise SizeDiffers(item.path)
    yield bytes(-size % _BLOCK)
    digests.add(item.path, digest.hexdigest())


def digest(content: bytes) -> str:
    """SHA-256 of bytes that are at hand, as manifests write it."""
    return sha256(content).hexdigest()
