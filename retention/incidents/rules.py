"""Decides how urgent an incident is by its age; each stage is mailed once."""

from datetime import timedelta
from enum import IntEnum


class Stage(IntEnum):
    """How long an incident has lasted."""

    NEW = 1
    A_DAY = 2
    A_WEEK = 3


_SINCE = {Stage.A_DAY: timedelta(days=1), Stage.A_WEEK: timedelta(days=7)}


def stage_after(lasted: timedelta) -> Stage:
    """The stage of an incident that has lasted so long."""
    reached = [stage for stage, since in _SINCE.items() if lasted >= since]
    return max(reached, default=Stage.NEW)
