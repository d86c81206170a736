"""Lets slices below retention take the lock that orders holds and purges.

Whoever changes what a hold covers, such as by putting a member's file into another's
project, calls `before_widening` as the first statement of the transaction, before any
write. Retention registers the lock when its app starts.
"""

from collections.abc import Callable

_locks: list[Callable[[], None]] = []


class NoLockIsRegistered(RuntimeError):
    """Nothing orders this write with purges; it must not happen."""


def register(lock: Callable[[], None]) -> None:
    """Sets the lock; the last one counts."""
    _locks[:] = [lock]


def before_widening() -> None:
    """Keeps purge batches out until the open transaction ends."""
    if not _locks:
        raise NoLockIsRegistered
    _locks[0]()
