"""Keeps blobs as files below one folder."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from kit.blobs.contract import BlobMissing

_PIECE_BYTES = 65_536
_UNFINISHED = "unfinished"


class LocalFolder:
    """Blobs in `ab/cd/abcd….blob`, spread over two levels of 256 folders.

    A blob is written beside, synced, then renamed: a crash leaves the old blob or
    none, and at worst a file in `unfinished/` that is sealed like every other, until
    `forget_unfinished` takes it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, blob: UUID, chunks: Iterable[bytes]) -> int:
        """See BlobStore."""
        target = self._path(blob)
        written, size = self._written(chunks)
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            written.replace(target)
        except OSError:
            written.unlink(missing_ok=True)
            raise
        self._sync_up_from(target.parent)
        return size

    def open(self, blob: UUID) -> Iterator[bytes]:
        """See BlobStore."""
        try:
            file = self._path(blob).open("rb")
        except FileNotFoundError:
            raise BlobMissing from None
        return _pieces(file)

    def delete(self, blob: UUID) -> None:
        """See BlobStore."""
        path = self._path(blob)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            _sync(path.parent)

    def exists(self, blob: UUID) -> bool:
        """See BlobStore."""
        return self._path(blob).is_file()

    def ids(self, *, starting: str = "") -> Iterator[UUID]:
        """See BlobStore."""
        for path in self._root.glob(f"{starting or '??'}/??/*.blob"):
            with contextlib.suppress(ValueError):
                yield UUID(hex=path.stem)

    def forget_unfinished(self, *, older_than: timedelta) -> int:
        """See BlobStore."""
        # Of the file system's clock, which no demonstration sets.
        before = time.time() - older_than.total_seconds()
        removed = 0
        for path in (self._root / _UNFINISHED).glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, blob: UUID) -> Path:
        if not isinstance(blob, UUID):
            # Anything else could spell a path out of the folder.
            raise TypeError("A blob id is a UUID.")
        name = blob.hex
        return self._root / name[:2] / name[2:4] / f"{name}.blob"

    def _written(self, chunks: Iterable[bytes]) -> tuple[Path, int]:
        folder = self._root / _UNFINISHED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                size = sum(file.write(chunk) for chunk in chunks)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink()
            raise
        return Path(name), size

    def _sync_up_from(self, folder: Path) -> None:
        for one in (folder, folder.parent, self._root):
            _sync(one)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
