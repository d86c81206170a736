"""Decides which fields of an entry's details are about a person."""

import re
from collections.abc import Iterable
from typing import Any

SHORTEST_NAME = 5
"""Shorter names stand in other words; only a whole value counts as one."""

# "ann@example.com" is nobody in "joann@example.com", nor is somebody who is called
# "example.com": what a person is called must not erase what is about others.
_BEFORE, _AFTER = r"(?<![\w@.+-])", r"(?![\w@])"


def needles(
    *, ids: Iterable[str], addresses: Iterable[str], names: Iterable[str]
) -> re.Pattern[str]:
    """What to look for in a folded text: ids anywhere, the rest as words of its own."""
    called = _folded(names)
    words = {name for name in called if len(name) >= SHORTEST_NAME}
    words |= _folded(addresses)
    return re.compile(
        rf"{_either(_folded(ids))}|{_BEFORE}(?:{_either(words)}){_AFTER}"
        rf"|\A\s*(?:{_either(called)})\s*\Z"
    )


def mentions(value: Any, needles: re.Pattern[str]) -> bool:
    """Whether a value, however deep, says one of the needles."""
    if isinstance(value, str):
        return needles.search(value.casefold()) is not None
    if isinstance(value, dict):
        return any(mentions(one, needles) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(mentions(one, needles) for one in value)
    return False


def _folded(texts: Iterable[str]) -> set[str]:
    return {one.strip().casefold() for one in texts if one.strip()}


def _either(texts: set[str]) -> str:
    """Any of them, the longest first; without one, what no text has."""
    longest_first = sorted(texts, key=lambda text: (-len(text), text))
    return "|".join(map(re.escape, longest_first)) or "(?!)"
