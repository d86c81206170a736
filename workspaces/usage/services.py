"""Counts uses without making a decision wait for it.

Each process counts in memory and writes the sums of a workspace every ten seconds, with
the request that comes next, and what is left when it ends. Whoever kills a process
loses the counts of its last seconds: they are for charts of weeks, not for evidence.
"""

import atexit
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Lock
from time import monotonic

from django.db import connection

from kit import scoping
from workspaces.tenancy.selectors import WorkspaceRef
from workspaces.usage.uses import Use

_EVERY_SECONDS = 10.0
_ADD = """
insert into workspaces_dailyuse (workspace_id, day, kind, number)
values (%s, %s, %s, %s)
on conflict (workspace_id, day, kind)
do update set number = workspaces_dailyuse.number + excluded.number
"""


class _Pending:
    """What a workspace's requests used here since its sums were written."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self.since = monotonic()
        self.numbers: Counter[tuple[date, Use]] = Counter()


_pending: dict[int, _Pending] = {}
_lock = Lock()


def note(*, workspace: WorkspaceRef, use: Use, at: datetime, number: int = 1) -> None:
    """Count a use, in the open scope of the workspace."""
    with _lock:
        mine = _pending.setdefault(workspace.id, _Pending(workspace.organization.id))
        mine.numbers[at.astimezone(UTC).date(), use] += number
        if monotonic() - mine.since < _EVERY_SECONDS:
            return
        del _pending[workspace.id]
    _write(workspace.id, mine)


def write_all() -> None:
    """Write what is left of every workspace."""
    with _lock:
        left = dict(_pending)
        _pending.clear()
    for workspace_id, mine in left.items():
        with scoping.workspace(
            workspace_id=workspace_id, organization_id=mine.organization_id
        ):
            _write(workspace_id, mine)


def _write(workspace_id: int, mine: _Pending) -> None:
    # In one order everywhere: two processes that write the same days never deadlock.
    rows = sorted((day, use.value, n) for (day, use), n in mine.numbers.items())
    with connection.cursor() as cursor:
        for day, use, number in rows:
            cursor.execute(_ADD, [workspace_id, day, use, number])


@atexit.register
def _at_the_end() -> None:
    with suppress(Exception):  # the database may be gone already
        write_all()
