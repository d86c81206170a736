"""For how long details of entries are kept."""

from datetime import datetime, timedelta

SHORTEST_DAYS = 90
LONGEST_DAYS = 2557
"""Seven years."""
DEFAULT_DAYS = 400
FIRST_RUN_AFTER = timedelta(days=7)
"""Time to set more days, for an organization whose log is older than the default."""
RUNS_EVERY = timedelta(days=1)
IS_OLD = "f.at < %(cutoff)s"
"""Whether the details of the entry with the facet `f` are past their days, in SQL."""


def cutoff(*, days: int, at: datetime) -> datetime:
    """Details of entries made before this go."""
    return at - timedelta(days=days)


def shortened(
    *,
    before: int,
    after: int,
    longer: int | None,
    since: datetime | None,
    at: datetime,
) -> tuple[int | None, datetime | None]:
    """From how many days, and when, it was last shortened to `after`; None: not."""
    if after < before:
        return max(before, longer or before), at
    return (longer, since) if longer is not None and longer > after else (None, None)


def due_after(*, covered: datetime, days: int, at: datetime) -> datetime:
    """When the next run begins: at once where days were taken off during this one."""
    is_short = cutoff(days=days, at=at) - covered > RUNS_EVERY
    return at if is_short else at + RUNS_EVERY
