"""Stops behind each call that a process makes to one of its stores.

The calls are not written down: whatever psycopg sends to a server and waits for, each
call of the blob store and each command to the broker is one, so that a new call is
tried without being named. Right behind one call is right before the next.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from redis.connection import AbstractConnection

from kit import blobs

Point = Callable[[str], None]
"""Told which store is called: `sql`, `blob` or `broker`."""


class Unwatched(psycopg.Connection[Any]):
    """A connection of the test's own, whose calls are no points."""

    wait = psycopg.Connection.wait


@contextmanager
def watched(point: Point) -> Iterator[None]:
    """Calls `point` behind each call of a store."""
    store = type(blobs.store())
    calls = [
        ("sql", psycopg.Connection, "wait"),
        *(("blob", store, name) for name in ("put", "open", "delete", "exists")),
        ("broker", AbstractConnection, "send_packed_command"),
    ]
    with pytest.MonkeyPatch.context() as patched:
        for kind, owner, name in calls:
            patched.setattr(owner, name, _around(getattr(owner, name), kind, point))
        yield


def _around(call: Callable[..., Any], kind: str, point: Point) -> Callable[..., Any]:
    def around(*given: Any, **named: Any) -> Any:
        answer = call(*given, **named)
        point(kind)
        return answer

    return around
