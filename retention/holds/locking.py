"""Takes the lock that orders holds and purges.

A purge batch shuts out whoever changes what holds cover; whoever changes it shuts
out batches. Both take the lock as the first statement of their transaction, before
any write: the log orders entries by their transaction's first write, so "hold
placed" then never stands before a purge that it came too late for, and a writer that
already holds a row cannot meet a batch in a deadlock.
"""

from django.db import connections

from retention.holds.models import HoldScope

_TABLE = HoldScope._meta.db_table


def before_changing(*, using: str = "default") -> None:
    """Keeps batches out until the open transaction ends; call it before any write."""
    _execute(using, f"lock table {_TABLE} in row exclusive mode")


def before_purging(*, using: str) -> None:
    """Keeps hold writers out until the open transaction ends."""
    _execute(using, f"lock table {_TABLE} in share mode")


def _execute(using: str, sql: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(sql)
