"""Further ways to narrow a list of members, which slices above add.

A list of members is narrowed by what members themselves have, and by what others know
of them: in which group they are, for example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """One way: its name in a URL, its words, and the members that a value leaves.

    `describe` and `members` refuse a value that means nothing here.
    """

    name: str
    label: str | Promise
    describe: Callable[[str], str]
    members: Callable[[str], QuerySet[Any, Any]]


class NameIsTaken(Exception):
    """Two slices narrow by one name."""


_ways: dict[str, Narrowing] = {}


def register(way: Narrowing) -> None:
    """Called once by each slice that has one, when the app is ready."""
    if _ways.setdefault(way.name, way) != way:
        raise NameIsTaken(way.name)


def registered() -> tuple[Narrowing, ...]:
    """All ways, by name."""
    return tuple(_ways[name] for name in sorted(_ways))
