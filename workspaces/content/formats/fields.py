"""Takes known keys out of a source's objects, refusing the wrong types.

Unknown keys are never looked at: they stay in the sealed original.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workspaces.content.formats.flaws import Flaw

ValueT = TypeVar("ValueT")
_TEXT = gettext_lazy("a text")
_OBJECT = gettext_lazy("an object")
_FLAG = gettext_lazy("true or false")
_LIST = gettext_lazy("a list")
_TEXTS = gettext_lazy("a list of texts")
_OBJECTS = gettext_lazy("a list of objects")
_TIME = gettext_lazy("a time")
_LAST_SECOND = 253_402_300_799  # the year 9999


def text(item: Mapping[str, Any], key: str) -> str | None:
    """A string, or nothing."""
    return _typed(item, key, str, _TEXT)


def mapping(item: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """An object, or nothing."""
    return _typed(item, key, dict, _OBJECT)


def flag(item: Mapping[str, Any], key: str) -> bool:
    """A boolean; missing means false."""
    return bool(_typed(item, key, bool, _FLAG))


def texts(item: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """A list of strings, or nothing."""
    values = _typed(item, key, list, _LIST)
    if values is None:
        return None
    if not all(type(value) is str for value in values):
        raise _wrong(key, _TEXTS)
    return tuple(values)


def mappings(item: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects; missing means empty."""
    values = _typed(item, key, list, _LIST) or []
    if not all(type(value) is dict for value in values):
        raise _wrong(key, _OBJECTS)
    return values


def count(item: Mapping[str, Any], key: str) -> int:
    """A number of bytes; missing or negative means 0."""
    value = item.get(key)
    return value if type(value) is int and 0 <= value < 2**62 else 0


def identifier(item: Mapping[str, Any], *keys: str) -> str | None:
    """The first id that is set, as text; whole numbers are ids too."""
    for key in keys:
        value = item.get(key)
        if value is None or value == "":
            continue
        if type(value) is int:
            return str(value)
        if type(value) is not str:
            raise _wrong(key, _TEXT)
        return value
    return None


def moment(item: Mapping[str, Any], *keys: str) -> datetime | None:
    """The first time that is set: seconds since 1970, or ISO 8601 (UTC if unsaid)."""
    for key in keys:
        value = item.get(key)
        if value is not None:
            return _moment(key, value)
    return None


def _moment(key: str, value: Any) -> datetime:
    try:
        if type(value) is str:
            parsed = datetime.fromisoformat(value)
            zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
            return zoned.astimezone(UTC)
        if type(value) in (int, float) and 0 <= value <= _LAST_SECOND:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(key, _TIME)


def _typed(
    item: Mapping[str, Any], key: str, kind: type[ValueT], name: Promise
) -> ValueT | None:
    value = item.get(key)
    if value is None:
        return None
    if type(value) is not kind:
        raise _wrong(key, name)
    return value


def _wrong(key: str, name: Promise) -> Flaw:
    return Flaw(_("“%(key)s” should be %(name)s.") % {"key": key, "name": name})
