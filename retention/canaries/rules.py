"""Decides when a canary falls due and until when a sweep must have taken it."""

from datetime import datetime, timedelta

from retention.schedules.rules import Schedule, next_beginnings

LIFE = timedelta(days=1)
"""From planting until it is due."""

SLACK = timedelta(hours=2)
"""What a sweep may take from its beginning to the end of its purge."""


def deleted_at(*, planted_at: datetime, undo_days: int) -> datetime:
    """The moment of deletion after which the undo window ends when it is to be due."""
    return planted_at + LIFE - timedelta(days=undo_days)


def gone_by(*, due_at: datetime, schedule: Schedule) -> datetime:
    """By when the first sweep that the schedule begins after that has purged it."""
    return next_beginnings(schedule, after=due_at, n=1)[0] + SLACK
