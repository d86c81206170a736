"""Reads a request within its limits, before the core sees any of it.

The core parses filters, JSON and paths of any size; what they may cost is decided
here: a body of 1 MiB, a filter of 4 KiB, 32 levels of JSON, no NUL anywhere (it ends a
text in the database and a header in the server).
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from workspaces.scim import core, quirks

MAX_FILTER = 4 * 1024
MAX_ID = 300
_MAX_DEPTH = 32
_LARGEST = 2**31 - 1
_PAIR = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..")
_BAD_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# Those of a Bulk request, which the core counts, and those inside of them.
_MOST_OPERATIONS = 2 * core.MAX_OPERATIONS
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NAMES = {
    one.lower(): one
    for one in (
        *("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder"),
        *("startIndex", "count", "cursor"),
    )
}


def path(found: str) -> str:
    """The path below the base, if its parts may be ids."""
    parts = found.split("/")
    if any(len(part) > MAX_ID for part in parts) or not _is_text(found):
        raise core.NotFoundException(detail="There is nothing at this address")
    return "/" + found.strip("/")


def query(found: Mapping[str, str]) -> dict[str, str]:
    """The parameters under the names of the standard, each within its limits."""
    asked = {
        _NAMES[name.lower()]: value
        for name, value in found.items()
        if name.lower() in _NAMES
    }
    if not all(map(_is_text, asked.values())):
        _refuse("The query holds a character that no value can have")
    demand_short(asked.get("filter"))
    for name in ("attributes", "excludedAttributes", "sortBy", "cursor"):
        if len(asked.get(name, "")) > MAX_FILTER:
            _refuse(f"{name} has more than {MAX_FILTER} characters")
    for name in ("startIndex", "count"):
        if name in asked:
            asked[name] = str(_whole(name, asked[name]))
    return asked


def demand_short(text: Any) -> None:
    """Refuse a filter that would cost more to parse than it can be worth."""
    if not isinstance(text, str):
        return
    if len(text.encode(errors="replace")) > MAX_FILTER:
        raise core.InvalidFilterException(
            detail=f"A filter may have {MAX_FILTER} bytes"
        )
    _demand_clean(text)


def body(method: str, where: str, content_type: str, raw: bytes) -> bytes:
    """The body as the core understands it; refused where no core should read it."""
    if method not in _WITH_BODY:
        return b""
    if len(raw) > core.MAX_BODY:
        raise core.PayloadTooLargeException(
            detail=f"A request may have {core.MAX_BODY} bytes"
        )
    _demand_json(content_type)
    payload = _parsed(raw)
    _walk(payload)
    if isinstance(payload, dict) and where.lower().endswith(".search"):
        payload = _search(payload)
    return json.dumps(quirks.adapted(method, where, payload)).encode()


def _demand_json(content_type: str) -> None:
    media = content_type.partition(";")[0].strip().lower()
    if media not in {"application/scim+json", "application/json", ""}:
        raise core.UnsupportedMediaTypeException


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise core.InvalidSyntaxException(
            detail="The body is not JSON in UTF-8"
        ) from None


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


def _walk(payload: Any) -> None:
    """Look at every value once, without recursion."""
    waiting: list[tuple[int, Any]] = [(1, payload)]
    operations = 0
    while waiting:
        depth, value = waiting.pop()
        if depth > _MAX_DEPTH:
            raise core.InvalidSyntaxException(
                detail=f"The body has more than {_MAX_DEPTH} levels"
            )
        if isinstance(value, dict):
            _demand_text(value)
            _demand_short_paths(value)
            operations += _operations_in(value)
            if operations > _MOST_OPERATIONS:
                raise core.PayloadTooLargeException(
                    detail=f"A request may have {core.MAX_OPERATIONS} operations"
                )
            waiting.extend((depth + 1, one) for one in value.values())
        elif isinstance(value, list):
            waiting.extend((depth + 1, one) for one in value)
        elif isinstance(value, str):
            _demand_text([value])
        elif isinstance(value, float) and not math.isfinite(value):
            raise core.InvalidSyntaxException(detail="The body holds no finite number")


def _demand_short_paths(found: dict[str, Any]) -> None:
    """A path holds a filter, and so does a name that is a path."""
    texts = [*found, *(v for k, v in found.items() if k.lower() == "path")]
    for one in texts:
        if isinstance(one, str) and len(one) > MAX_FILTER:
            raise core.InvalidFilterException(
                detail=f"A path may have {MAX_FILTER} characters"
            )
        if isinstance(one, str):
            _demand_clean(one)


def _demand_clean(text: str) -> None:
    """The values of a filter are JSON, whose escapes can say what no text may hold."""
    if _BAD_ESCAPE.search(_PAIR.sub("", text)):
        raise core.InvalidFilterException(
            detail="The filter holds a character that no value can have"
        )


def _operations_in(found: dict[str, Any]) -> int:
    lists = (v for k, v in found.items() if k.lower() == "operations")
    return sum(len(one) for one in lists if isinstance(one, list))


def _demand_text(found: Iterable[str]) -> None:
    if not all(map(_is_text, found)):
        _refuse("The body holds a character that no value can have")


def _is_text(value: str) -> bool:
    """No NUL, and no half of a surrogate pair, which no UTF-8 can write."""
    return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _search(payload: dict[str, Any]) -> dict[str, Any]:
    found = {
        _NAMES.get(name.lower(), name): value
        for name, value in payload.items()
        if value is not None
    }
    demand_short(found.get("filter"))
    for name in ("startIndex", "count"):
        if name in found:
            found[name] = _whole(name, found[name])
    return found


def _whole(name: str, value: Any) -> int:
    """A number of rows that the database can count to."""
    try:
        if isinstance(value, bool | float):
            raise ValueError
        return max(-1, min(int(value), _LARGEST))
    except (ValueError, TypeError):
        _refuse(f"{name} must be a whole number")


def _refuse(detail: str) -> NoReturn:
    raise core.InvalidValueException(detail=detail)
