"""Writes a ZIP piece by piece, so that it can be sealed or sent while it grows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo


class _Sink:
    """What a ZipFile writes into: it can only go forward, and is emptied meanwhile."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._waiting.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def drained(self) -> bytes:
        """What was written since the last time."""
        part, self._waiting = b"".join(self._waiting), []
        return part


class Archive:
    """A ZIP that grows; each verb gives the bytes that it made."""

    def __init__(self, *, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w")  # type: ignore[call-overload]
        self._at = at

    def put(self, name: str, content: bytes, *, is_dense: bool = False) -> bytes:
        """One member; a dense one (hashes) is not worth packing."""
        self._zip.writestr(self._info(name, is_dense=is_dense), content)
        return self._sink.drained()

    def put_lines(self, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """One member from lines that nobody has to hold together."""
        with self._zip.open(
            self._info(name, is_dense=False), "w", force_zip64=True
        ) as to:
            for line in lines:
                to.write(line + b"\n")
                if part := self._sink.drained():
                    yield part
        yield self._sink.drained()

    def ended(self) -> bytes:
        """The directory at the end."""
        self._zip.close()
        return self._sink.drained()

    def _info(self, name: str, *, is_dense: bool) -> ZipInfo:
        info = ZipInfo(name, date_time=self._at.timetuple()[:6])
        info.compress_type = ZIP_STORED if is_dense else ZIP_DEFLATED
        return info
