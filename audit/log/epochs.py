"""Opens a new epoch where the order of transactions begins anew.

After a restored dump or a promoted replica, transaction ids start low again and new
entries would sort below the seal. A new epoch sorts after everything before it. The
column default changes and the state row moves in one transaction; the table lock waits
for all writers, so the cut is clean and inserts pay nothing.
"""

from django.db import connections, transaction

_LOCK = "lock table audit_entry in access exclusive mode"
_RAISE = """
update audit_sequencer
   set epoch = epoch + 1,
       system_identifier = (select system_identifier from pg_control_system())
returning epoch
"""


def open_epoch() -> int:
    """Raises the epoch and adopts this cluster; returns the new epoch.

    To be done before the first write after a restore. Each log then begins a new tree,
    whose first entries are those that the old one had not sealed. What opens it on an
    operator's word records that in the site's log.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(_RAISE)
        epoch = int(cursor.fetchone()[0])
        # DDL takes no parameters; this is an integer of our own.
        cursor.execute(
            f"alter table audit_entry alter column epoch set default {epoch}"
        )
    return epoch
