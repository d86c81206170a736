"""Who must have a log: whoever keeps organizations says it, since audit knows nobody.

A log that vanished with its entries, blocks and row would otherwise be missed by
nobody.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An organization that has had a log since it was created."""

    organization_id: int
    slug: str


Owners = Callable[[], Collection[Owner]]
"""All owners of one kind, asked by an operator outside any scope."""

_known: list[Owners] = []


def register(owners: Owners) -> None:
    """Adds whose logs are demanded; registering the same again changes nothing."""
    if owners not in _known:
        _known.append(owners)


def owners() -> list[Owner]:
    """Everybody who must have a log."""
    return [owner for ask in _known for owner in ask()]
