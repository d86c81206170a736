"""Whose details a legal hold keeps in the log: told by whoever keeps holds, from above.

A run first takes the lock that shuts out whoever changes what holds cover, then asks
in a statement of its own, as every purge does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Workspaces all of whose entries keep their details, and people who keep theirs.

    `people` are the ids that entries name them by, as actors and as targets.
    """

    workspaces: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """`lock(alias)` before the first write; `look(organization id, when, alias)`."""

    lock: Callable[[str], None]
    look: Callable[[int, datetime, str], Kept]


IS_KEPT = """(f.workspace = any(%(workspaces)s::uuid[])
     or f.target_id = any(%(people)s::uuid[])
     or f.actor = any(%(people)s::uuid[]::text[])) is true"""
"""Whether an entry with the facet `f` is `Kept`: what a run, a count and "why" ask."""

_known: list[Keeper] = []


def register(keeper: Keeper) -> None:
    """Adds who is asked; registering the same again changes nothing."""
    if keeper not in _known:
        _known.append(keeper)


def lock(*, using: str) -> None:
    """Shuts out whoever changes what is kept, until the open transaction ends."""
    for keeper in _known:
        keeper.lock(using)


def kept(*, organization_id: int, at: datetime, using: str = "default") -> Kept:
    """What stays, whatever its age."""
    found = [keeper.look(organization_id, at, using) for keeper in _known]
    return Kept(
        workspaces=tuple(one for kept in found for one in kept.workspaces),
        people=tuple(one for kept in found for one in kept.people),
    )
