"""Counts what holds cover: stored ones, and one that nobody has placed yet.

Both from the arms of `coverage`, so that a preview counts what the hold then keeps.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from retention.holds import coverage
from retention.holds.matters import Named
from retention.holds.models import COLUMNS, NARROWED, Hold, ScopeKind

# A hold in force covers what its unreleased scopes name; a released one is shown with
# all that it ever named.
_SHOWN = """h.hold_id = any(%(holds)s) and (h.released_at is null or exists (
    select from retention_hold r where r.id = h.hold_id and r.released_at is not null))
"""
_IN_FORCE = "h.released_at is null"
_PROPOSED = """
with proposed as (
    select * from jsonb_to_recordset(%(rows)s::jsonb) h(workspace_id bigint,
        hold_id bigint, membership_id bigint, conversation_id bigint,
        project_id bigint, gpt_id bigint, from_at timestamptz, until_at timestamptz,
        dates_of text, content_kinds text[])
)"""
_NUMBERS = f"""
select hold_id, count(*) from ({coverage.covering(coverage.CONVERSATION, where=_SHOWN)})
found group by hold_id
"""  # noqa: S608 -- constants
_KEPT = f"""
select count(distinct id) from (
    {coverage.covering(coverage.CONVERSATION, where=_IN_FORCE)}) found
"""  # noqa: S608 -- constants
_OF_KIND = """
select c.{owner}, '{kind}', count(*), count(c.deleted_at),
       coalesce(sum(c.byte_count), 0)::bigint, min(c.created_at), max(c.{active})
from {table} c where c.id in (select id from ({covering}) found) group by c.{owner}
"""


@dataclass(frozen=True)
class Share:
    """What is covered of one custodian and one kind; times are null where none are."""

    owner_id: int
    kind: str
    objects: int
    deleted: int
    bytes: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """All that a hold covers, by custodian and kind."""

    shares: tuple[Share, ...]

    def of_kind(self, kind: str) -> int:
        """How many objects of one kind."""
        return sum(share.objects for share in self.shares if share.kind == kind)

    @property
    def conversations(self) -> int:
        """How many conversations, each once."""
        return self.of_kind(coverage.CONVERSATIONS)

    @property
    def bytes(self) -> int:
        """Of all of it."""
        return sum(share.bytes for share in self.shares)

    @property
    def first_at(self) -> datetime | None:
        """When the first of it was created."""
        return min((s.first_at for s in self.shares if s.first_at), default=None)

    @property
    def last_at(self) -> datetime | None:
        """When something of it was last active."""
        return max((s.last_at for s in self.shares if s.last_at), default=None)


def covered(*, hold: Hold) -> int:
    """How many stored conversations a hold covers, deleted ones included."""
    return numbers(shown=[hold]).get(hold.pk, 0)


def numbers(*, shown: Sequence[Hold]) -> dict[int, int]:
    """How many stored conversations each of these holds covers."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"holds": [hold.pk for hold in shown]})
        return dict(cursor.fetchall())


def kept() -> int:
    """How many stored conversations unreleased holds cover, each once."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        return int(cursor.fetchone()[0])


def covered_by(*, hold: Hold) -> Coverage:
    """What one stored hold covers."""
    return _shares(scopes=coverage.SCOPES, where=_SHOWN, holds=[hold.pk])


def would_cover(*, workspace_id: int, named: Named) -> Coverage:
    """What a hold that names this would cover now; it goes on to cover new ones."""
    rows = [
        {
            "workspace_id": workspace_id,
            "hold_id": 0,
            f"{COLUMNS[ScopeKind(kind)]}_id": one,
            **(asdict(named.narrowing) if kind in NARROWED else {}),
        }
        for kind, one in named.scopes()
    ]
    found = json.dumps(rows, default=datetime.isoformat)
    return _shares(scopes="proposed", where="true", head=_PROPOSED, rows=found)


def _shares(*, scopes: str, where: str, head: str = "", **parameters: Any) -> Coverage:
    found = " union all ".join(
        _OF_KIND.format(
            kind=of.name,
            owner=of.owner,
            active=of.active,
            table=of.table,
            covering=coverage.covering(of, scopes=scopes, where=where),
        )
        for of in coverage.kinds()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{head} {found}", parameters)
        return Coverage(shares=tuple(Share(*row) for row in cursor.fetchall()))
