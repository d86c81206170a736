"""How others delete what is due, as SQL: their algorithms in our own words.

Read from their code (Mattermost's store, Zulip's retention, Sentry's deletions,
Django's collector). They delete the same rows of the same tables, with no audit entry,
no hold lock and no list of keys to destroy; the cascades of our tables stand ready, but
find nothing where children are deleted first. Those that would take minutes stop after
`LIMIT_SECONDS`, and count for what they did until then.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from bench.corpus import KEEP_DAYS, UNDO_DAYS

LIMIT_SECONDS = 30
Algorithm = Callable[["psycopg.Connection[Any]", datetime], None]

_DUE = """
select c.id from workspaces_conversation c
where (c.last_activity_at <= %(keep)s or c.deleted_at <= %(undo)s)
  and not exists (select from retention_holdscope h where h.membership_id = c.owner_id)
"""
_ARCHIVE = """
create table bench_archive (like workspaces_message);
create index on bench_archive (id);
"""
_MOVE = f"""
with moved as (
    insert into bench_archive select m.* from workspaces_message m
    where m.conversation_id in ({_DUE}) limit 1000 returning id
)
select array_agg(id) from moved
"""


def _times(at: datetime) -> dict[str, datetime]:
    return {
        "keep": at - timedelta(days=KEEP_DAYS),
        "undo": at - timedelta(days=UNDO_DAYS),
    }


def raw_delete(connection: "psycopg.Connection[Any]", at: datetime) -> None:
    """The limit of the machine: parents in one statement, cascades for the rest."""
    connection.execute(
        f"delete from workspaces_conversation where id in ({_DUE})",
        _times(at),
    )


def mattermost(connection: "psycopg.Connection[Any]", at: datetime) -> None:
    """Table by table, 3,000 ids found anew for each statement, each committed."""
    for table, condition in (
        ("workspaces_message", f"conversation_id in ({_DUE})"),
        ("workspaces_file", f"conversation_id in ({_DUE})"),
        ("workspaces_conversation", f"id in ({_DUE})"),
    ):
        statement = (
            f"delete from {table} where id = any(array("
            f"select id from {table} where {condition} limit 3000))"
        )
        for _round in _until_late():
            if not connection.execute(statement, _times(at)).rowcount:
                break


def zulip(connection: "psycopg.Connection[Any]", at: datetime) -> None:
    """A thousand messages at a time into an archive and out of the table."""
    connection.execute(_ARCHIVE)
    for _round in _until_late():
        with connection.transaction():
            moved = connection.execute(_MOVE, _times(at)).fetchone()
            if not moved or not moved[0]:
                break
            connection.execute(
                "delete from workspaces_message where id = any(%s)", [moved[0]]
            )
    else:
        return  # out of time: conversations whose messages stay, stay
    raw_delete(connection, at)


def sentry(connection: "psycopg.Connection[Any]", at: datetime) -> None:
    """A hundred parents at a time; their leaves by ids, 10,000 a statement."""
    rows = connection.execute(_DUE, _times(at)).fetchall()
    ids = [row[0] for row in rows]
    late = _until_late()
    for chunk, _round in zip(_chunks(ids, 100), late, strict=False):
        for table in ("workspaces_message", "workspaces_file"):
            while connection.execute(
                f"delete from {table} where id = any(array("
                f"select id from {table} where conversation_id = any(%s)"
                " limit 10000))",
                [chunk],
            ).rowcount:
                pass
        connection.execute(
            "delete from workspaces_conversation where id = any(%s)", [chunk]
        )


def django_orm(connection: "psycopg.Connection[Any]", at: datetime) -> None:
    """`queryset.delete()`: rows into the client, then `id in (…)` by the hundred."""
    with connection.transaction():
        found = connection.execute(
            "select * from workspaces_conversation where id = any(array(" + _DUE + "))",
            _times(at),
        ).fetchall()
        ids = [row[0] for row in found]
        for table, column in (
            ("workspaces_message", "conversation_id"),
            ("workspaces_file", "conversation_id"),
            ("workspaces_conversation", "id"),
        ):
            for chunk in _chunks(ids, 100):
                marks = ", ".join(["%s"] * len(chunk))
                connection.execute(
                    f"delete from {table} where {column} in ({marks})",
                    chunk,
                )


ALGORITHMS: dict[str, Algorithm] = {
    "mattermost": mattermost,
    "zulip": zulip,
    "sentry": sentry,
    "django_orm": django_orm,
}


def _chunks(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    for first in range(0, len(ids), size):
        yield list(ids[first : first + size])


def _until_late() -> Iterator[int]:
    ends = time.perf_counter() + LIMIT_SECONDS
    return itertools.takewhile(
        lambda _round: time.perf_counter() < ends, itertools.count()
    )
