"""Arranges the nodes of a conversation: stable places, parents and the shown path.

A parent always comes before its children, siblings stay in the source's order, and
every node has a place, also those off the path. Damage is mended and reported: a link
into nowhere is dropped, a cycle is cut at its first node.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_NEVER = datetime.min.replace(tzinfo=UTC)


class Damage(StrEnum):
    """What was found broken and mended; one conversation can show several."""

    NO_TREE = "no tree"
    LOST_PARENT = "lost parent"
    LOST_CHILD = "lost child"
    LOST_CURRENT = "lost current message"
    LINKS_DISAGREE = "links disagree"
    CYCLE = "cycle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """What a node says of its place; `parent` counts only where `names_parent`."""

    parent: str | None = None
    names_parent: bool = False
    children: tuple[str, ...] | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """Node keys in stored order, with each one's parent position."""

    keys: tuple[str, ...]
    parents: tuple[int | None, ...]
    path: frozenset[int]
    damage: frozenset[Damage]


def arrange(*, links: Mapping[str, Link], current: str | None) -> Arrangement:
    """The order, parents and shown path of the nodes, with what had to be mended."""
    damage: set[Damage] = set()
    parent_of = _parents(links, damage)
    children_of = _children(links, parent_of, damage)
    keys = _preorder(parent_of, children_of, damage)
    position = {key: place for place, key in enumerate(keys)}
    parents = tuple(
        position[parent] if (parent := parent_of[key]) is not None else None
        for key in keys
    )
    if current is not None and current not in links:
        damage.add(Damage.LOST_CURRENT)
        current = None
    if current is None and keys:
        leaves = [key for key in keys if not children_of[key]]
        current = max(leaves, key=lambda key: (links[key].at or _NEVER, position[key]))
    shown = position[current] if current is not None else None
    return Arrangement(
        keys=keys,
        parents=parents,
        path=_path(parents, shown),
        damage=frozenset(damage),
    )


def chain(length: int) -> tuple[int | None, ...]:
    """Parent positions of messages that follow one another without branches."""
    return tuple(place - 1 if place else None for place in range(length))


def _parents(links: Mapping[str, Link], damage: set[Damage]) -> dict[str, str | None]:
    if not any(
        link.names_parent or link.children is not None for link in links.values()
    ):
        # Minimal files name no links at all: their nodes follow one another.
        keys = list(links)
        return dict(zip(keys, [None, *keys], strict=False))
    claims = {
        child: key for key, link in links.items() for child in link.children or ()
    }
    parent_of: dict[str, str | None] = {}
    for key, link in links.items():
        parent = link.parent if link.names_parent else claims.get(key)
        if parent is not None and parent not in links:
            damage.add(Damage.LOST_PARENT)
            parent = None
        parent_of[key] = parent
    return parent_of


def _children(
    links: Mapping[str, Link],
    parent_of: Mapping[str, str | None],
    damage: set[Damage],
) -> dict[str, list[str]]:
    children_of: dict[str, dict[str, None]] = {key: {} for key in links}
    for key, link in links.items():
        for child in link.children or ():
            if child not in links:
                damage.add(Damage.LOST_CHILD)
            elif parent_of[child] != key:
                damage.add(Damage.LINKS_DISAGREE)
            else:
                children_of[key][child] = None
    for key, parent in parent_of.items():
        if parent is not None:
            children_of[parent][key] = None
    return {key: list(children) for key, children in children_of.items()}


def _preorder(
    parent_of: dict[str, str | None],
    children_of: Mapping[str, list[str]],
    damage: set[Damage],
) -> tuple[str, ...]:
    roots = [key for key, parent in parent_of.items() if parent is None]
    keys: dict[str, None] = {}
    _visit(roots, children_of, keys)
    if len(keys) < len(parent_of):
        damage.add(Damage.CYCLE)
        for key, parent in parent_of.items():
            if key not in keys and parent is not None:
                children_of[parent].remove(key)
                parent_of[key] = None
                _visit([key], children_of, keys)
    return tuple(keys)


def _visit(
    roots: Sequence[str], children_of: Mapping[str, list[str]], keys: dict[str, None]
) -> None:
    waiting = list(reversed(roots))
    while waiting:
        key = waiting.pop()
        keys[key] = None
        waiting.extend(reversed(children_of[key]))


def _path(parents: Sequence[int | None], shown: int | None) -> frozenset[int]:
    path = set()
    while shown is not None:
        path.add(shown)
        shown = parents[shown]
    return frozenset(path)
