"""Pages through a list by the key of its last row, never by counting rows.

A page costs the same wherever it lies: its condition is one row comparison,
`(a, b) < (x, y)`, which an index on the same columns answers, also below row-level
security (the comparisons of the usual types are leakproof). Rows that are added or
purged meanwhile neither repeat nor hide others.

The cursor is base64url JSON: direction, a mark of the order, and one value a column.
It is a position and not a right: tenant and filters come from the queryset.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    Model,
    QuerySet,
    TextField,
    UUIDField,
    Value,
)
from django.utils.translation import gettext_lazy as _

from kit.refusals import Refused

LARGEST_PAGE = 200
_LONGEST_CURSOR = 2_000
_BIGINT = 2**63

Direction = Literal["asc", "desc"]
Order = Sequence[tuple[str, Direction]]
Row = TypeVar("Row", bound=Model)


class BadCursor(Refused):
    """A page was asked for with a cursor that this list did not give out."""

    status = 400

    def __init__(self) -> None:
        super().__init__(
            _("This link to a page of the list is not valid. Start at its first page.")
        )


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Rows in the list's order, and the cursors of its neighbors, if any."""

    rows: list[Row]
    next: str | None
    previous: str | None


def page(
    queryset: QuerySet[Row], *, order: Order, after: str | None = None, size: int = 50
) -> Page[Row]:
    """One page of at most LARGEST_PAGE rows.

    `order` names columns that are never null, all in one direction, the last ones
    unique together; `after` is the `next` or `previous` cursor of another page.
    """
    keys = _Keys(queryset, order)
    size = max(1, min(size, LARGEST_PAGE))
    cursor = keys.cursor(after) if after else None
    backwards = cursor is not None and cursor.backwards
    found = list(keys.select(queryset, cursor)[: size + 1])
    beyond, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page(rows=[], next=None, previous=None)
    has_next = backwards or beyond
    has_previous = beyond if backwards else cursor is not None
    return Page(
        rows=rows,
        next=keys.token(rows[-1], backwards=False) if has_next else None,
        previous=keys.token(rows[0], backwards=True) if has_previous else None,
    )


def neighbors(
    queryset: QuerySet[Row], *, order: Order, row: Row
) -> tuple[Row | None, Row | None]:
    """The rows just before and just after one that stands in the list's order."""
    keys = _Keys(queryset, order)
    values = [attrgetter(name.replace("__", "."))(row) for name, _direction in order]
    before, after = (
        keys.select(queryset, _Cursor(values=values, backwards=backwards)).first()
        for backwards in (True, False)
    )
    return before, after


@dataclass(frozen=True, kw_only=True)
class _Cursor:
    values: list[Any]
    backwards: bool


class _Keys:
    """The order of a list, with what it needs to write and read cursors."""

    def __init__(self, queryset: QuerySet[Any], order: Order) -> None:
        self._names = [name for name, _direction in order]
        directions = {direction for _name, direction in order}
        if len(directions) != 1:
            raise ValueError("All columns of a page order go in one direction.")
        self._descending = directions == {"desc"}
        self._fields = [_field(queryset, name) for name in self._names]
        self._readers = [_reader(field) for field in self._fields]
        marked = ",".join(f"{name} {direction}" for name, direction in order)
        self._mark = sha256(marked.encode()).hexdigest()[:8]

    def select(self, queryset: QuerySet[Row], cursor: _Cursor | None) -> QuerySet[Row]:
        backwards = cursor is not None and cursor.backwards
        descending = self._descending != backwards
        if cursor is not None:
            operator = " < " if descending else " > "
            queryset = queryset.filter(
                _beyond(self._names, self._typed(cursor), operator=operator)
            )
        sign = "-" if descending else ""
        return queryset.order_by(*(f"{sign}{name}" for name in self._names))

    def token(self, row: Model, *, backwards: bool) -> str:
        values = [
            _written(attrgetter(name.replace("__", "."))(row)) for name in self._names
        ]
        text = json.dumps([int(backwards), self._mark, *values], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    def cursor(self, token: str) -> _Cursor:
        try:
            backwards, mark, *values = _parts(token)
            if mark != self._mark or backwards not in (0, 1):
                raise ValueError("The cursor belongs to another list.")
            read = [
                reader(value)
                for reader, value in zip(self._readers, values, strict=True)
            ]
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise BadCursor from None
        return _Cursor(values=read, backwards=bool(backwards))

    def _typed(self, cursor: _Cursor) -> list[Value]:
        return [
            Value(value, output_field=field)
            for value, field in zip(cursor.values, self._fields, strict=True)
        ]


def _beyond(names: Sequence[str], values: Sequence[Value], *, operator: str) -> Func:
    columns = Func(*map(F, names), function="row", output_field=BooleanField())
    position = Func(*values, function="row", output_field=BooleanField())
    return Func(
        columns,
        position,
        template="(%(expressions)s)",
        arg_joiner=operator,
        output_field=BooleanField(),  # makes it a condition
    )


def _field(queryset: QuerySet[Any], name: str) -> "Field[Any, Any]":
    resolved: Expression = queryset.query.resolve_ref(name)
    field: Field[Any, Any] = resolved.output_field
    if field.null:
        raise ValueError(f"A page order cannot use {name}, which may be null.")
    return field


def _parts(token: str) -> list[Any]:
    if len(token) > _LONGEST_CURSOR:
        raise ValueError("The cursor is too long.")
    padded = token.encode("ascii") + b"=" * (-len(token) % 4)
    parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(parts, list):
        raise TypeError("The cursor is no list.")
    return parts


def _written(value: Any) -> int | str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value if isinstance(value, int | str) else str(value)


def _reader(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    for kind, read in _READERS.items():
        if isinstance(field, kind):
            return read
    raise ValueError(f"A page order cannot use a {field.__class__.__name__}.")


def _integer(value: Any) -> int:
    if type(value) is not int or not -_BIGINT <= value < _BIGINT:
        raise ValueError("Not a bigint.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("Not a text that PostgreSQL can hold.")
    value.encode()  # a lone surrogate is no text either
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("A moment needs its zone.")
    return moment.astimezone(UTC)


# A DateTimeField is a DateField too, so it comes first.
_READERS: "dict[type[Field[Any, Any]], Callable[[Any], Any]]" = {
    DateTimeField: _moment,
    DateField: lambda value: date.fromisoformat(_text(value)),
    IntegerField: _integer,
    UUIDField: lambda value: UUID(_text(value)),
    CharField: _text,
    TextField: _text,
}
