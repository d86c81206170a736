"""Answers when a workspace is swept, for its page and for the sweeper."""

from collections.abc import Sequence
from typing import Any

from django.db import connections

from retention.schedules.models import SweepSchedule
from retention.schedules.rules import STANDARD, Cadence, Pace, Schedule, Window
from workspaces.tenancy.selectors import WorkspaceRef

_NAMES = ("cadence", "daily_at", "window_begins", "window_ends", "busy_pace", "zone")
_SCHEDULES = f"""
select workspace_id, {", ".join(_NAMES)} from retention_sweepschedule
where workspace_id = any(%(workspaces)s::bigint[])
"""  # noqa: S608 -- constants


def schedule_of(*, workspace: WorkspaceRef) -> Schedule:
    """The schedule of the open workspace; the standard where none was set."""
    row = (
        SweepSchedule.objects.filter(workspace_id=workspace.id)
        .values_list(*_NAMES)
        .first()
    )
    if row is None:
        return STANDARD
    return _schedule(row)


def schedules_of(
    *, workspace_ids: Sequence[int], using: str = "default"
) -> dict[int, Schedule]:
    """The schedules of many workspaces, for the role that sees them all."""
    found = dict.fromkeys(workspace_ids, STANDARD)
    with connections[using].cursor() as cursor:
        cursor.execute(_SCHEDULES, {"workspaces": list(workspace_ids)})
        for workspace_id, *columns in cursor.fetchall():
            found[workspace_id] = _schedule(columns)
    return found


def _schedule(row: Sequence[Any]) -> Schedule:
    cadence, daily_at, begins, ends, busy_pace, zone = row
    window = (
        None if begins is None or ends is None else Window(begins=begins, ends=ends)
    )
    return Schedule(
        cadence=Cadence(cadence),
        daily_at=daily_at,
        window=window,
        busy_pace=Pace(busy_pace),
        zone=zone,
    )
