"""What every blob store does; the same tests hold for each."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Protocol
from uuid import UUID


class BlobMissing(Exception):
    """There is no blob with this id."""


class BlobStore(Protocol):
    """A flat set of blobs, each written whole or not at all."""

    def put(self, blob: UUID, chunks: Iterable[bytes]) -> int:
        """Store the chunks durably under `blob`, replacing, and return their size."""

    def open(self, blob: UUID) -> Iterator[bytes]:
        """The bytes in pieces of bounded size, or BlobMissing at once."""

    def delete(self, blob: UUID) -> None:
        """Remove the blob and every version of it; fine if there is none."""

    def exists(self, blob: UUID) -> bool:
        """Tells whether the blob is there."""

    def ids(self, *, starting: str = "") -> Iterator[UUID]:
        """The ids of all blobs in no particular order, or of a part of them.

        `starting` is two hexadecimal digits: one of 256 parts of about equal size.
        """

    def forget_unfinished(self, *, older_than: timedelta) -> int:
        """Remove what writers that were killed left half written; how many it was.

        `older_than` must be longer than any writer takes.
        """
