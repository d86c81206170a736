"""One state between beginning and end of some work, and how long it may last."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Limbo:
    """One state: its name, how long it may last, what repairs it, and the question.

    `sql` counts, by tenant, what is too old; the table that lists it says with which
    parameters. With `is_of_app` only the role of the app may ask, through a door.
    """

    name: str
    limit: timedelta
    repaired_by: str
    sql: str
    is_of_app: bool = False
