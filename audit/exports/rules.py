"""When the file of an export goes: a fixed time after it was made.

A worker drops the file, a download is refused and the answer to "why" is given by these
alone. Erasing a person from the log ends the time of every file that is there.
"""

from datetime import datetime, timedelta

KEPT_DAYS = 7


def expires_at(*, made_at: datetime) -> datetime:
    """The moment from which the file of an export is over."""
    return made_at + timedelta(days=KEPT_DAYS)


def is_over(*, expires_at: datetime | None, at: datetime) -> bool:
    """Whether the time of a file has passed; what was never made has none."""
    return expires_at is not None and expires_at <= at


def is_cut_short(*, made_at: datetime | None, ends_at: datetime | None) -> bool:
    """Whether something ended the time of a file before its days were over."""
    if made_at is None or ends_at is None:
        return False
    return ends_at < expires_at(made_at=made_at)
