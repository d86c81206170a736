"""Keeps logs that the sequencer refuses to sign apart, so that all others are sealed.

A log is refused alone: its entries wait beyond a place of their own while the bound of
all others moves on. As soon as the log agrees again (an operator opened a new epoch, or
put a key or a file back) its entries are sealed in their order, and the row goes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from audit.log.storage import Place, rows

_AT_ONCE = 100
_FIELDS = "organization_id, after_epoch, after_xid::text, after_id, reason, since"
_KEEP = """
insert into audit_refusal
    (organization_id, reason, since, after_epoch, after_xid, after_id)
values (%s, %s, %s, %s, %s::text::xid8, %s)
on conflict (organization_id) do update set reason = excluded.reason
"""
_MOVE = """
update audit_refusal set after_epoch = %s, after_xid = %s::text::xid8, after_id = %s
 where organization_id = %s
"""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a log is not signed, since when, and beyond which place its entries wait."""

    organization_id: int
    after: Place
    reason: str
    since: datetime


def keep(
    *, organization_id: int, reason: str, after: Place, at: datetime, using: str
) -> None:
    """Notes that a log waits beyond `after`; one that waits already stays there."""
    with connections[using].cursor() as cursor:
        cursor.execute(_KEEP, [organization_id, reason, at, *after])


def move(*, organization_id: int, after: Place, using: str) -> None:
    """Notes how far the entries that waited are sealed by now."""
    with connections[using].cursor() as cursor:
        cursor.execute(_MOVE, [*after, organization_id])


def forget(*, organization_id: int, using: str) -> None:
    """Lets a log go with all others again."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "delete from audit_refusal where organization_id = %s", [organization_id]
        )


def among(ids: Collection[int], *, using: str) -> set[int]:
    """Which of these organizations' logs are refused."""
    sql = "select organization_id from audit_refusal where organization_id = any(%s)"
    return {found for (found,) in rows(using, sql, list(ids))}


def some(*, using: str) -> list[Refusal]:
    """Up to a hundred of them, in no order: each has its turn."""
    sql = f"select {_FIELDS} from audit_refusal order by random() limit %s"  # noqa: S608
    return [_refusal(row) for row in rows(using, sql, _AT_ONCE)]


def oldest(*, using: str) -> list[Refusal]:
    """The first few, by when they began."""
    sql = (
        f"select {_FIELDS} from audit_refusal"  # noqa: S608
        " order by since, organization_id limit 3"
    )
    return [_refusal(row) for row in rows(using, sql)]


def of(*, organization_id: int, using: str) -> Refusal | None:
    """The refusal of one log, if it is refused."""
    sql = f"select {_FIELDS} from audit_refusal where organization_id = %s"  # noqa: S608
    found = rows(using, sql, organization_id)
    return _refusal(found[0]) if found else None


def _refusal(row: tuple[int, int, str, int, str, datetime]) -> Refusal:
    organization_id, epoch, xid, entry_id, reason, since = row
    return Refusal(
        organization_id=organization_id,
        after=(epoch, int(xid), entry_id),
        reason=reason,
        since=since,
    )
