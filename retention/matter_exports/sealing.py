"""Where the sealed bytes of an export are bound to: its reason, and each part."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from kit import blobs
from kit.sealed_streams import open_stream, seal_stream
from kit.sealing import binding

_PARTS = "retention_matterexportpart"


def keep_part(
    pieces: Iterable[bytes], *, export: UUID, place: tuple[int, UUID], key: bytes
) -> None:
    """Stores one part, piece by piece; `place` is its number and its blob."""
    number, blob = place
    bound = _bound(export, number)
    blobs.store().put(blob, seal_stream(pieces, key=key, aad=bound))


def open_part(*, export: UUID, place: tuple[int, UUID], key: bytes) -> Iterator[bytes]:
    """One part again; CannotOpen where it is damaged or another's."""
    number, blob = place
    bound = _bound(export, number)
    return open_stream(blobs.store().open(blob), key=key, aad=bound)


def _bound(export: UUID, number: int) -> bytes:
    return binding(table=_PARTS, row=f"{export}/{number}", column="blob")
