"""Slices a search by index or by a stable position, in SQL or over opened resources.

A position names the last row of a page (or the first, for the page before it) by what
it is sorted by and by its key, so that rows that come and go meanwhile neither hide nor
repeat others. The core seals positions before a client sees them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from workspaces.scim import core
from workspaces.scim.models import Kind, ScimResource

_SORTS = {
    "id": "public_id",
    "meta.created": "created_at",
    "meta.lastmodified": "modified_at",
}
_NAMES = {Kind.USER: "username", Kind.GROUP: "displayname"}

Pair = tuple[ScimResource, core.Resource[Any]]
# Whether the value is missing, the value, the key of the row.
SortKey = tuple[bool, Any, int]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A column to sort by, with the key of the row behind it."""

    column: str
    is_descending: bool

    @property
    def columns(self) -> tuple[str, str]:
        sign = "-" if self.is_descending else ""
        return f"{sign}{self.column}", f"{sign}id"


@dataclass(frozen=True, kw_only=True)
class Slice:
    """The rows of one page."""

    rows: list[ScimResource]
    next: Any = None
    previous: Any = None


def order_of(asked: core.SearchRequest[Any], kinds: Collection[Kind]) -> Order | None:
    """How SQL sorts the search; None where only opened resources can be sorted."""
    if asked.sort_by is None:
        return Order(column="id", is_descending=False)
    name = str(asked.sort_by).lower()
    column = _SORTS.get(name)
    if column is None and len(kinds) == 1 and name == _NAMES[next(iter(kinds))]:
        column = "folded_name"
    return Order(column=column, is_descending=_is_descending(asked)) if column else None


def keyset(
    found: QuerySet[ScimResource], order: Order, position: Any, *, size: int | None
) -> Slice:
    """The page at a position, read by the index of the order."""
    direction, value, key = _read(position)
    goes_back = direction == "previous"
    rises = order.is_descending is goes_back
    rows = found
    if position is not None:
        rows = rows.filter(_beyond(order.column, value, key, rises=rises))
    sign = "" if rises else "-"
    ordered = rows.order_by(f"{sign}{order.column}", f"{sign}id")
    read = list(ordered[: size + 1] if size is not None else ordered)
    has_more = size is not None and len(read) > size
    shown = read[:size] if size is not None else read
    if goes_back:
        shown.reverse()
    return Slice(
        rows=shown,
        next=_at("next", order, shown[-1])
        if shown and (has_more or goes_back)
        else None,
        previous=_at("previous", order, shown[0])
        if shown and (has_more if goes_back else position is not None)
        else None,
    )


def sorted_slice(
    pairs: list[Pair], asked: core.SearchRequest[Any], position: Any
) -> Slice:
    """The same over resources that were opened."""
    keyed = [(_key(asked, row, one), row) for row, one in pairs]
    keyed.sort(key=lambda pair: pair[0], reverse=_is_descending(asked))
    rows = [row for _key_of, row in keyed]
    if asked.cursor is None:
        start = asked.start_index_0 or 0
        stop = None if asked.count is None else start + asked.count
        return Slice(rows=rows[start:stop])
    if asked.count == 0:
        return Slice(rows=[])
    start, stop = _bounds([key for key, _row in keyed], asked, position)
    shown = rows[start:stop]
    return Slice(
        rows=shown,
        next=_of("next", keyed[stop - 1][0]) if shown and stop < len(rows) else None,
        previous=_of("previous", keyed[start][0]) if shown and start > 0 else None,
    )


def _is_descending(asked: core.SearchRequest[Any]) -> bool:
    is_asked = asked.sort_order == core.SearchRequest.SortOrder.descending
    return asked.sort_by is not None and is_asked


def _beyond(column: str, value: Any, key: int, *, rises: bool) -> Q:
    sign = "gt" if rises else "lt"
    if column == "id":
        return Q(**{f"id__{sign}": key})
    further = Q(**{f"{column}__{sign}": value})
    return further | Q(**{column: value, f"id__{sign}": key})


def _at(direction: str, order: Order, row: ScimResource) -> dict[str, Any]:
    value = None if order.column == "id" else getattr(row, order.column)
    return _of(direction, (value is None, value, row.pk))


def _of(direction: str, key: SortKey) -> dict[str, Any]:
    is_missing, value, row = key
    if isinstance(value, datetime):
        value = {"t": value.isoformat()}
    elif value is not None and not isinstance(value, str | int | float):
        value = {"s": str(value)}
    return {"d": direction, "k": None if is_missing else value, "i": row}


def _read(position: Any) -> tuple[str, Any, int]:
    """What a position says; one that we did not give out is refused."""
    if position is None:
        return "next", None, 0
    try:
        direction, value, row = position["d"], position["k"], position["i"]
        if isinstance(value, dict):
            text = value.get("t")
            value = datetime.fromisoformat(text) if text else value["s"]
    except (TypeError, KeyError, ValueError):
        raise core.InvalidCursorException from None
    if direction not in {"next", "previous"} or not isinstance(row, int):
        raise core.InvalidCursorException
    return direction, value, row


def _key(
    asked: core.SearchRequest[Any], row: ScimResource, one: core.Resource[Any]
) -> SortKey:
    value = asked.sort_value(one) if asked.sort_by is not None else None
    return value is None, "" if value is None else value, row.pk


def _bounds(
    keys: list[SortKey], asked: core.SearchRequest[Any], position: Any
) -> tuple[int, int]:
    size = asked.count if asked.count is not None else len(keys)
    if position is None:
        return 0, min(size, len(keys))
    direction, value, row = _read(position)
    anchor: SortKey = (value is None, "" if value is None else value, row)
    falls = _is_descending(asked)
    before = sum(1 for key in keys if (key > anchor if falls else key < anchor))
    if direction == "previous":
        return max(before - size, 0), before
    start = before + sum(1 for key in keys if key == anchor)
    return start, min(start + size, len(keys))
