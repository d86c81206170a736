"""Decides which fields of an entry's details are about a person."""

from collections.abc import Iterable, Sequence
from typing import Any

SHORTEST_NAME = 5
"""Shorter names stand in other words; only a whole value counts as one."""


def needles(
    *, ids: Iterable[str], addresses: Iterable[str], names: Iterable[str]
) -> tuple[str, ...]:
    """What to look for, folded; without repetitions."""
    wanted = [*ids, *addresses, *(n for n in names if len(n.strip()) >= SHORTEST_NAME)]
    return tuple(dict.fromkeys(one.strip().casefold() for one in wanted if one.strip()))


def mentions(value: Any, needles: Sequence[str]) -> bool:
    """Whether a value, however deep, says one of the needles."""
    if isinstance(value, str):
        folded = value.casefold()
        return any(needle in folded for needle in needles)
    if isinstance(value, dict):
        return any(mentions(one, needles) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(mentions(one, needles) for one in value)
    return False
