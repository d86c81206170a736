"""Gives the room of purged rows back, soon after a large run.

PostgreSQL would wait until a fifth of a table is dead. VACUUM is the owner's right and
runs outside of transactions, on a connection of the owner's; it skips a table that
somebody else has locked and never shortens files, so that nobody waits for it.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import DatabaseError, connections

from retention.sweeps import kinds
from retention.sweeps.storage import changed, rows

_LOG = logging.getLogger(__name__)
ROWS = 20_000
"""A run that took at least this many rows is followed by a vacuum."""

_WITHIN = timedelta(days=1)
_OWNER = "owner"

_CLAIM = """
update retention_sweeprun set vacuumed_at = %(at)s where id = (
    select r.id from retention_sweeprun r
    where r.state = 'closed' and r.vacuumed_at is null and r.closed_at > %(after)s
      and %(rows)s <= (select coalesce(sum(s.purged + s.messages + s.files), 0)
                       from retention_sweepslice s where s.run_id = r.id)
    order by r.id limit 1 for update skip locked)
returning id
"""
_NOTE = "update retention_sweeprun set vacuum_note = %(note)s where id = %(run)s"
# The statistics of the purge arrive a moment later; a table of which nothing is dead
# costs next to nothing.
_VACUUM = "vacuum (skip_locked, truncate false, analyze) {}"


def vacuum_after_large_runs(*, at: datetime) -> int:
    """Vacuums the swept tables for each large run that closed; returns how many."""
    done = 0
    while claimed := rows(_CLAIM, at=at, after=at - _WITHIN, rows=ROWS):
        changed(_NOTE, run=claimed[0][0], note=_vacuumed()[:200])
        done += 1
    return done


def _vacuumed() -> str:
    """What is noted on the run: how long it took, or why it was not possible."""
    began = time.monotonic()
    tables = sorted({kind.root for kind in kinds.swept()} | set(kinds.cascades()))
    try:
        with connections[_OWNER].cursor() as cursor:
            for table in tables:
                cursor.execute(_VACUUM.format(table))
    except DatabaseError as error:
        _LOG.warning("No vacuum after a large run: %s", type(error).__name__)
        return f"not possible: {type(error).__name__}"
    return f"{len(tables)} tables in {time.monotonic() - began:.1f} s"
