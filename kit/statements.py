"""Runs statements written by hand that a connection plans once.

Django sends each statement as one text, which PostgreSQL reads and plans anew each
time; for the short ones that strangers or front ends make us run often, that is most of
their cost. Who may see which rows is decided at each run, by the open scope. Lists of
numbers want a type in the text (`%(ids)s::bigint[]`): the driver sends the smallest
that holds them, and each type would be a statement of its own.
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
    types. Raises Django's database errors. Test budgets do not count it.
    """
    connection = connections[using]
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        Cursor(connection.connection) as cursor,
    ):
        yield cursor.execute(statement, parameters, prepare=True)


def row(
    statement: str, parameters: Mapping[str, Any], *, using: str = "default"
) -> tuple[Any, ...]:
    """The one row of a statement in the open scope; () for none.

    Where statements are logged it runs as any other: whoever reads the log wants the
    values as well, and test budgets count it.
    """
    if connections[using].queries_logged:
        with connections[using].cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone() or ()
    with planned(statement, parameters, using=using) as found:
        return found.fetchone() or ()
