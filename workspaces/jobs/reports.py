"""Writes the file that a job leaves, so that no spreadsheet runs what stands in it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(*, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The lines of a CSV file in UTF-8, with the mark that spreadsheets look for."""
    yield b"\xef\xbb\xbf"
    for row in (header, *rows):
        line = io.StringIO()
        csv.writer(line).writerow([_harmless(cell) for cell in row])
        yield line.getvalue().encode("utf-8", "replace")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
