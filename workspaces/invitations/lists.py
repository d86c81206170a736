"""Reads a list of people as spreadsheets save it: address, role and seat type a row.

Columns are `email,role,seat type`, in any order and case, separated by commas or
semicolons. What cannot be read at all is refused as a whole; a row that cannot be used
is kept with the reason, so that nothing is skipped in silence.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kit.formatting import grouped
from kit.refusals import Refused
from workspaces.members import addresses
from workspaces.tenancy import naming

MOST_ROWS = 10_000
MOST_BYTES = 2_000_000
_COLUMNS = {
    "email": ("email", "e-mail", "address", "e-mail address", "email address"),
    "role": ("role",),
    "seat": ("seat type", "seat", "seat_type", "seattype"),
}
# What a spreadsheet would run as a formula, should the list be opened again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BadList(Refused):
    """A file that is no list of people."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person of the list; `flaw` says why the row cannot be used."""

    line: int
    email: str
    role: str = ""
    seat: str = ""
    flaw: str = ""


def read(content: bytes) -> list[Row]:
    """The rows with their line numbers; BadList where the file as a whole is none."""
    text = _text(content)
    header, _newline, _rest = text.partition("\n")
    delimiter = ";" if ";" in header and "," not in header else ","
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        places = _places(next(reader, []))
        rows = list(_rows(reader, places))
    except csv.Error:
        raise BadList(
            _("Line %d cannot be read as CSV.") % (reader.line_num or 1)
        ) from None
    if not rows:
        raise BadList(_("The list holds no people below its first line."))
    return rows


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise BadList(
            _("The file is larger than 2 MB; a list of %s people is not.")
            % grouped(MOST_ROWS)
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadList(_("The file is saved as UTF-16: save it as “CSV UTF-8”."))
    if b"\0" in content:
        raise BadList(_("The file holds NUL characters: it is no text."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        raise BadList(
            _("Line %d is not UTF-8: save the list as “CSV UTF-8”.") % line
        ) from None


def _places(header: list[str]) -> dict[str, int]:
    words = [cell.strip().lower() for cell in header]
    places = {
        name: words.index(word)
        for name, known in _COLUMNS.items()
        for word in known
        if word in words
    }
    if "email" not in places:
        raise BadList(
            _(
                "The first line must name the columns: email,role,seat type. It says "
                "“%s”."
            )
            % naming.printable(",".join(header))[:80]
        )
    return places


def _rows(reader: Iterator[list[str]], places: dict[str, int]) -> Iterator[Row]:
    seen: dict[str, int] = {}
    number = 0
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if number > MOST_ROWS:
            raise BadList(
                _("The list has more than %s people: divide it.") % grouped(MOST_ROWS)
            )
        yield _row(line, {k: _cell(cells, at) for k, at in places.items()}, seen)


def _cell(cells: list[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _row(line: int, cells: dict[str, str], seen: dict[str, int]) -> Row:
    shown = naming.printable(cells["email"])[:254]
    role, seat = cells.get("role", "")[:60], cells.get("seat", "")[:60]
    if cells["email"].startswith(_FORMULA):
        flaw = _("The address begins like a formula of a spreadsheet.")
        return Row(line=line, email=shown, flaw=flaw)
    try:
        address = addresses.fold(cells["email"])
    except addresses.BadAddress as bad:
        return Row(line=line, email=shown, flaw=str(bad))
    if address in seen:
        flaw = _("The same address as in line %d.") % seen[address]
        return Row(line=line, email=address, flaw=flaw)
    seen[address] = line
    return Row(line=line, email=address, role=role, seat=seat)
