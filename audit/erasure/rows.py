"""Erases a person from what the log's app keeps beside the entries.

Who handled an incident and what was written about it, views, names of streams, refusals
that are being gathered, files of exports that wait to be fetched. Runs in the
transaction that ends an erasure; doing it twice changes nothing.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.erasure import rules
from audit.exports.models import State
from audit.incidents.services.handling import STEPS, TABLE
from audit.incidents.storing import Box
from audit.log.selectors import Log

_AT_ONCE = 500
_PAGE = "select id, public_id, {column} from {table} where organization_id = %s"
_OWNERS = f"{_PAGE.format(column='owner', table=TABLE)} and owner is not null"
_STEPS = f"{_PAGE.format(column='sealed', table=STEPS)} and sealed is not null"
_AFTER = " and id > %s order by id limit %s"
_DENIALS = _PAGE.format(column="sealed", table="audit_denial")
_DISOWN = "update audit_incident set owner = null where id = %s"
_REWRITE = "update audit_incident_step set sealed = %s where id = %s"
_VIEWS = "select id, owner, is_shared, name, query from audit_saved_view where"
_STREAMS = "select id, name from audit_stream where organization_id = %s"
_RENAME = "update audit_stream set name = kind where id = %s"
_EXPIRE = """
update audit_export set expires_at = least(expires_at, %s)
 where organization_id = %s and state = %s
"""
_RUNNING = """
select exists (select from audit_export where organization_id = %s and state = %s)
"""


def is_exporting(cursor: Any, *, log: Log) -> bool:
    """Whether an export that may have read what was erased is not finished yet."""
    cursor.execute(_RUNNING, [log.organization_id, State.RUNNING])
    return bool(cursor.fetchone()[0])


def erase(
    cursor: Any, *, log: Log, person: str, wanted: re.Pattern[str], at: datetime
) -> None:
    """Takes the person out of all of it; files of exports go at the next beat."""
    box = Box.of(log)
    _erase_handlers(cursor, log, box, wanted)
    _erase_notes(cursor, log, box, wanted)
    _erase_denials(cursor, log, box, wanted)
    _erase_views(cursor, log, person, wanted)
    _erase_streams(cursor, log, wanted)
    cursor.execute(_EXPIRE, [at, log.organization_id, State.DONE])


def _erase_handlers(cursor: Any, log: Log, box: Box, wanted: re.Pattern[str]) -> None:
    for pk, public_id, sealed in _pages(cursor, _OWNERS, log):
        named = box.open(sealed, table=TABLE, row=public_id)
        if rules.mentions(named, wanted):
            cursor.execute(_DISOWN, [pk])


def _erase_notes(cursor: Any, log: Log, box: Box, wanted: re.Pattern[str]) -> None:
    for pk, public_id, sealed in _pages(cursor, _STEPS, log):
        told = box.open(sealed, table=STEPS, row=public_id)
        kept = {
            name: "" if rules.mentions(value, wanted) else value
            for name, value in told.items()
        }
        if kept != told:
            again = box.seal(kept, table=STEPS, row=public_id)
            cursor.execute(_REWRITE, [again, pk])


def _erase_denials(cursor: Any, log: Log, box: Box, wanted: re.Pattern[str]) -> None:
    for pk, public_id, sealed in _pages(cursor, _DENIALS, log):
        told = box.open(sealed, table="audit_denial", row=public_id)
        if rules.mentions(told, wanted):
            cursor.execute("delete from audit_denial where id = %s", [pk])


def _erase_views(cursor: Any, log: Log, person: str, wanted: re.Pattern[str]) -> None:
    """Their own, and whichever says who they were; what they shared stays."""
    cursor.execute(f"{_VIEWS} organization_id = %s", [log.organization_id])
    for pk, owner, is_shared, name, query in cursor.fetchall():
        is_private = str(owner) == person and not is_shared
        if is_private or rules.mentions([name, query], wanted):
            cursor.execute("delete from audit_saved_view where id = %s", [pk])


def _erase_streams(cursor: Any, log: Log, wanted: re.Pattern[str]) -> None:
    """A stream that is named after them goes on, under the name of its kind."""
    cursor.execute(_STREAMS, [log.organization_id])
    for pk, name in cursor.fetchall():
        if rules.mentions(name, wanted):
            cursor.execute(_RENAME, [pk])


def _pages(cursor: Any, statement: str, log: Log) -> Iterator[tuple[int, UUID, bytes]]:
    after = 0
    while True:
        cursor.execute(statement + _AFTER, [log.organization_id, after, _AT_ONCE])
        page = cursor.fetchall()
        for pk, public_id, sealed in page:
            yield pk, public_id, bytes(sealed)
        if len(page) < _AT_ONCE:
            return
        after = page[-1][0]
