"""Opens what a person hands over: plain files, gzip, and ZIP archives with guards.

Nothing is ever unpacked to disk and no archive inside an archive is opened. What is
read counts against one budget over all files.
"""

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from workspaces.content.formats.flaws import Flaw, ImportRefused
from workspaces.content.formats.limits import Limits

_BUFFER = 1024 * 1024
_CONVERSATIONS = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json")
_LINES = re.compile(r".*\.(?:jsonl|ndjson)")
_USER = re.compile(r"(?:.*/)?user\.json")
_FILE_ID = re.compile(r"(?:.*/)?(file[-_][A-Za-z0-9]+)")
_USER_BYTES = 64 * 1024
_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One text to read, with what the archive around it knows."""

    name: str
    open: Callable[[], BinaryIO]
    owner_email: str | None = None
    members: Mapping[str, str] = field(default_factory=dict)
    open_member: Callable[[str], BinaryIO] | None = None


class Budget:
    """How many bytes one run may still read, over all its files."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.spent = 0

    def spend(self, count: int) -> None:
        """Counts what was read, or refuses."""
        self.spent += count
        if self.spent > self.limits.total_bytes:
            raise Flaw(_("the files are larger than one import may be."))


class _Metered(io.RawIOBase):
    """Hands on bytes while they fit the budget and, if packed, the ratio."""

    def __init__(
        self, inner: Any, *, budget: Budget, packed: BinaryIO | None = None
    ) -> None:
        self._inner = inner
        self._budget = budget
        self._packed = packed
        self._produced = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._inner.read(len(buffer))
        except _DAMAGED:
            raise Flaw(_("the archive is damaged.")) from None
        self._produced += len(chunk)
        self._budget.spend(len(chunk))
        if self._packed:
            _check_ratio(self._produced, self._packed.tell(), self._budget.limits)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._inner.close()
        if self._packed:
            self._packed.close()
        super().close()


@contextmanager
def opened(path: Path, *, budget: Budget) -> Iterator[list[Document]]:
    """The documents of one file; an archive stays open as long as the context."""
    with ExitStack() as stack:
        try:
            documents = stack.enter_context(_opened(path, budget))
        except Flaw as flaw:
            raise ImportRefused(str(flaw), place=path.name) from None
        except OSError as error:
            why = error.strerror or str(error)
            raise ImportRefused(why, place=path.name) from None
        yield documents


@contextmanager
def _opened(path: Path, budget: Budget) -> Iterator[list[Document]]:
    if not path.is_file():
        raise Flaw(_("there is no such file."))
    with path.open("rb") as file:
        magic = file.read(4)
    if magic in (_ZIP, _EMPTY_ZIP):
        with _opened_archive(path, budget) as documents:
            yield documents
    else:
        is_packed = magic.startswith(_GZIP)
        opener = _gzip_opener if is_packed else _plain_opener
        yield [Document(name=path.name, open=opener(path, budget))]


def _plain_opener(path: Path, budget: Budget) -> Callable[[], BinaryIO]:
    return lambda: _buffered(_Metered(path.open("rb"), budget=budget))


def _gzip_opener(path: Path, budget: Budget) -> Callable[[], BinaryIO]:
    def open_gzip() -> BinaryIO:
        file = path.open("rb")
        unpacked = gzip.GzipFile(fileobj=file)
        return _buffered(_Metered(unpacked, budget=budget, packed=file))

    return open_gzip


@contextmanager
def _opened_archive(path: Path, budget: Budget) -> Iterator[list[Document]]:
    _check_directory(path, budget.limits)
    try:
        archive = zipfile.ZipFile(path)
    except (*_DAMAGED, ValueError, NotImplementedError):
        raise Flaw(_("the archive is damaged.")) from None
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        _check_members(members, budget.limits)
        yield _documents(path, archive, members, budget)


def _documents(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], budget: Budget
) -> list[Document]:
    names = [info.filename for info in members]
    wanted = [name for name in names if _CONVERSATIONS.fullmatch(name)]
    wanted = sorted(wanted or (name for name in names if _LINES.fullmatch(name)))
    if not wanted:
        raise Flaw(_("the archive holds no conversations.json."))

    def open_member(name: str) -> BinaryIO:
        _check_size(archive.getinfo(name), budget.limits)
        return _buffered(_Metered(archive.open(name), budget=budget))

    bytes_of = {
        found[1]: name for name in names if (found := _FILE_ID.match(name)) is not None
    }
    owner_email = _owner_email(archive, names)
    return [
        Document(
            name=f"{path.name}/{name}",
            open=lambda name=name: open_member(name),  # type: ignore[misc]
            owner_email=owner_email,
            members=bytes_of,
            open_member=open_member,
        )
        for name in wanted
    ]


def _owner_email(archive: zipfile.ZipFile, names: list[str]) -> str | None:
    """The address in user.json; an unreadable one only means that owners are asked."""
    name = next((name for name in names if _USER.fullmatch(name)), None)
    if name is None or archive.getinfo(name).file_size > _USER_BYTES:
        return None
    try:
        user = json.loads(archive.read(name))
    except (*_DAMAGED, ValueError, RecursionError):
        return None
    email = user.get("email") if isinstance(user, dict) else None
    return email if isinstance(email, str) else None


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise Flaw(
            _("the archive holds more than %(n)s files.") % {"n": f"{limits.members:,}"}
        )
    if len({info.filename for info in members}) < len(members):
        raise Flaw(_("the archive holds two files of the same name."))
    for info in members:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise Flaw(_("the archive holds a file name that leads outside of it."))
        if info.flag_bits & 0x1:
            raise Flaw(_("the archive is encrypted; unlock it first."))
        if info.compress_type not in _PLAIN_METHODS:
            raise Flaw(_("the archive is packed by a method other than deflate."))


def _check_size(info: zipfile.ZipInfo, limits: Limits) -> None:
    _check_ratio(info.file_size, info.compress_size, limits)


def _check_ratio(produced: int, packed: int, limits: Limits) -> None:
    if produced > limits.free_bytes and produced > limits.packed_ratio * packed:
        raise Flaw(_("it unpacks to far more than any export: a decompression bomb."))


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuses a huge table of contents before the archive module reads it whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 22 - 0xFFFF))
        tail = file.read()
        end = tail.rfind(_EMPTY_ZIP)
        if end < 0 or end + 22 > len(tail):
            raise Flaw(_("the archive is damaged."))
        (length,) = struct.unpack_from("<L", tail, end + 12)
        if length == 0xFFFFFFFF:
            length = _zip64_directory(file, tail, end)
    if length > limits.directory_bytes:
        raise Flaw(_("the archive's table of contents is too large."))


def _zip64_directory(file: BinaryIO, tail: bytes, end: int) -> int:
    try:
        magic, _disk, place, _disks = struct.unpack_from("<4sLQL", tail, end - 20)
        file.seek(place)
        record = file.read(56)
        if (magic, record[:4]) == (b"PK\x06\x07", b"PK\x06\x06"):
            return int(struct.unpack_from("<Q", record, 40)[0])
    except (struct.error, OSError, OverflowError):
        pass
    raise Flaw(_("the archive is damaged."))


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return io.BufferedReader(raw, _BUFFER)
