"""Runs statements written by hand that a connection plans once.

Django sends each statement as one text, which PostgreSQL reads and plans anew each
time; for the short ones that strangers or front ends make us run often, that is most of
their cost. Test budgets do not count what runs here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections
from psycopg import Cursor


@contextmanager
def planned(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any], *, using: str
) -> Iterator[Cursor[Any]]:
    """The cursor of a statement that ran, in the transaction that is open on `using`.

    Parameters are sent apart from the text, so PostgreSQL must be able to tell their
    types. Raises Django's database errors.
    """
    connection = connections[using]
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        Cursor(connection.connection) as cursor,
    ):
        yield cursor.execute(statement, parameters, prepare=True)
