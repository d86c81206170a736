"""Counts entries for the facets and the timeline, never more than a few thousand each.

A count stops at its bound, so that a log of ten million entries costs what one of ten
thousand does; a page says "1,000+" where it stopped. What would take long all the same
is given up, and the page goes without.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from audit.log import storage
from audit.log.models import AuditFacet
from audit.query.rules import Query, Term

Found = QuerySet[AuditFacet]

BOUND = 1_000
LONGEST_MS = 3_000


class TakesTooLong(Exception):
    """The figures would take longer than a page may."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many entries, or that there are at least so many."""

    number: int

    @property
    def is_more(self) -> bool:
        """The count stopped there."""
        return self.number >= BOUND


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bar of the timeline: from `begin` until just before `end`."""

    begin: datetime
    end: datetime
    count: Count = Count(number=0)
    refused: int = 0


def choosing(query: Query, key: str, value: str) -> Query:
    """The query of a facet's value: that value alone, all else as it is."""
    kept = Query(
        terms=tuple(
            one
            for one in query.terms
            if one.key != key or one.is_negated or one.relation != ":"
        )
    )
    return kept.having(Term(key=key, values=(value,)))


def counted(found: Sequence[Found]) -> list[Count]:
    """How many each of these finds, in one statement."""
    parts, parameters = [], []
    for number, rows in enumerate(found):
        sql, given = _sql(rows.order_by().values("entry_id")[:BOUND])
        parts.append(f"select {number}, count(*) from ({sql}) x")  # noqa: S608
        parameters += given
    if not parts:
        return []
    numbers = dict(storage.rows("default", " union all ".join(parts), *parameters))
    return [Count(number=numbers[number]) for number in range(len(found))]


_BUCKETS = """
select b.n, (select count(*) from (select from ({found}) f
                where f.at >= b.low and f.at < b.high limit %s) x),
       (select count(*) from (select from ({refused}) f
                where f.at >= b.low and f.at < b.high limit %s) x)
  from unnest(%s::timestamptz[], %s::timestamptz[]) with ordinality b(low, high, n)
 order by b.n
"""


def bucketed(found: Found, buckets: Sequence[Bucket]) -> list[Bucket]:
    """The buckets with what falls into each, in one statement."""
    all_sql, all_given = _sql(found.order_by().values("at"))
    refused = found.filter(outcome="refused").order_by().values("at")
    refused_sql, refused_given = _sql(refused)
    rows = storage.rows(
        "default",
        _BUCKETS.format(found=all_sql, refused=refused_sql),
        *all_given,
        BOUND,
        *refused_given,
        BOUND,
        [one.begin for one in buckets],
        [one.end for one in buckets],
    )
    return [
        Bucket(
            begin=one.begin, end=one.end, count=Count(number=number), refused=refused
        )
        for one, (_n, number, refused) in zip(buckets, rows, strict=True)
    ]


def oldest() -> datetime | None:
    """When the first entry of the open log happened."""
    rows = AuditFacet.objects.order_by("at", "epoch", "index")
    return rows.values_list("at", flat=True).first()


@contextmanager
def bounded_time() -> Iterator[None]:
    """Statements inside give up with TakesTooLong; the transaction goes on."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            _set_timeout(f"{LONGEST_MS}ms")
            yield
            _set_timeout(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TakesTooLong from None
        raise


def _set_timeout(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('statement_timeout', %s, true)", [value])


def _sql(rows: "QuerySet[AuditFacet, Any]") -> tuple[str, list[object]]:
    sql, parameters = rows.query.sql_with_params()
    return sql, list(parameters)
