"""Who still has to read entries before they may go: told by those who read, from above.

A destination that is down loses nothing: its stream keeps what it has not sent.
"""

from collections.abc import Callable

Reader = Callable[[int], tuple[int, int] | None]
"""Organization id to the (epoch, index) of the first entry it still needs."""

_known: list[Reader] = []


def register(reader: Reader) -> None:
    """Adds who is asked; registering the same again changes nothing."""
    if reader not in _known:
        _known.append(reader)


def first_needed(*, organization_id: int) -> tuple[int, int] | None:
    """The first entry that somebody still has to read; None where nobody waits."""
    asked = (reader(organization_id) for reader in _known)
    return min((one for one in asked if one is not None), default=None)
