"""Runs the SQL of sweeps as the sweeper, who sees all tenants and owns nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

ALIAS = "sweeper"


def rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def records(sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """All rows of one statement, each by the names of its columns."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def changed(sql: str, **parameters: Any) -> int:
    """How many rows one statement wrote."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


@contextmanager
def step() -> Iterator[None]:
    """One transaction of the sweeper, committed for good before anything follows."""
    with transaction.atomic(using=ALIAS, durable=True):
        yield
