"""Holds opened parent keys in the process, few and for a short time.

Conversation keys are never held. What is held here outlives its destruction by at
most the time limit; it is not shared between processes.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from kit.sealing import Sealer
from kit.vault.rows import Kind


@dataclass(frozen=True, kw_only=True)
class Parent:
    """An opened key that may wrap others."""

    sealer: Sealer
    kind: Kind


class Parents:
    """A bounded cache whose entries die `seconds` after they were opened."""

    def __init__(
        self, *, size: int, seconds: float, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._seconds = seconds
        self._timer = timer
        self._held: OrderedDict[UUID, tuple[float, Parent]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: UUID) -> Parent | None:
        """The parent, unless it was never held or held too long."""
        with self._lock:
            until, parent = self._held.get(key, (0.0, None))
            if parent is not None and self._timer() >= until:
                del self._held[key]
                return None
            return parent

    def hold(self, key: UUID, parent: Parent, *, read_at: float) -> None:
        """Keep a parent until `seconds` after `read_at`, the oldest one leaving."""
        with self._lock:
            self._held[key] = (read_at + self._seconds, parent)
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)

    def now(self) -> float:
        """The timer's reading, to be taken before the row is read."""
        return self._timer()

    def forget(self, keys: Iterable[UUID]) -> None:
        """Drop parents that were destroyed."""
        with self._lock:
            for key in keys:
                self._held.pop(key, None)

    def forget_all(self) -> None:
        """Drop everything held."""
        with self._lock:
            self._held.clear()
