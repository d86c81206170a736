"""Knows every kind of stored content: whose it is, what ages it, how it goes away.

A slice registers its kinds when its app starts. A test fails for every model that
stores user content and is not among them: a kind that nobody registered would be
missed by holds, by deletion and by the search for leftovers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ContentKind:
    """One kind of stored content.

    `model` is an app label and model name; `owner` and `clock` are paths of fields
    from it. `purged_with` names the kind whose purge takes this one along, by a
    cascade in the database; a kind of its own has none. `leftovers` is SQL that
    counts rows which no purge would ever meet: it must always answer 0.
    """

    name: str
    model: str
    owner: str
    clock: str
    held_by: frozenset[str]
    delete_door: str
    purged_with: str | None
    leftovers: str


class AlreadyRegistered(Exception):
    """Two kinds claim the same name."""


_kinds: dict[str, ContentKind] = {}


def register(kind: ContentKind) -> None:
    """Adds a kind; registering the same one again changes nothing."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise AlreadyRegistered(kind.name)


def registered() -> tuple[ContentKind, ...]:
    """All kinds, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))
