"""Entries as lines of CSV that no spreadsheet runs."""

import csv
import io
import json
from collections.abc import Iterable

from audit.explorer.selectors import Shown
from audit.formats import native
from audit.log.leaf import Json
from audit.log.selectors import Log

COLUMNS = (
    "time",
    "epoch",
    "index",
    "id",
    "area",
    "action",
    "outcome",
    "message",
    "actor_kind",
    "actor_id",
    "actor_label",
    "actor_role",
    "ip",
    "user_agent",
    "target_kind",
    "target_id",
    "workspace",
    "policy",
    "reason",
    "counts",
    "changes",
    "details",
    "withheld",
)
# A cell that begins so would be run as a formula; some programs skip blanks first.
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def head() -> bytes:
    """The line of names."""
    return _lines([COLUMNS])


def lines(entries: Iterable[Shown], *, log: Log) -> bytes:
    """A line for each entry."""
    return _lines(_cells(native.event(shown, log=log)) for shown in entries)


def _cells(event: dict[str, Json]) -> list[str]:
    flat = dict(event)
    for name in ("log", "actor", "target"):
        inner = event.get(name)
        if isinstance(inner, dict):
            prefix = "" if name == "log" else f"{name}_"
            flat |= {f"{prefix}{key}": value for key, value in inner.items()}
    flat["ip"], flat["user_agent"] = flat.get("actor_ip"), flat.get("actor_user_agent")
    return [_cell(flat.get(name)) for name in COLUMNS]


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    is_plain = isinstance(value, str)
    text = str(value) if is_plain else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
