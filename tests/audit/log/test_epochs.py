"""After a restore into another cluster a new epoch goes on where the old one ended."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connections

from audit.log import checkpoints, note
from audit.log.epochs import open_epoch
from audit.log.selectors import log_of
from audit.verification.walk import walk
from kit import scoping
from tests.audit.conftest import Tenant

pytestmark = pytest.mark.django_db(transaction=True)


def test_entries_go_on_in_a_new_tree_after_a_restore(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    for _ in range(3):
        halden.record()
    seal()
    halden.record()  # not sealed when the dump was taken
    _restore()
    with pytest.raises(DatabaseError, match="open a new epoch"):
        halden.record()

    assert open_epoch() == 2
    halden.record()

    assert seal() == 2
    text = checkpoints.published(halden.uuid)
    assert text is not None
    head = note.opened(text, keys=checkpoints.keys_of(halden.uuid))
    assert (head.origin.rpartition("/")[2], head.size) == ("2", 2)
    with scoping.organization(organization_id=halden.id):
        log = log_of(organization_id=halden.id)
    assert walk(log, using="sequencer").entries == 5
    assert walk(log, using="sequencer").finding is None


def _restore() -> None:
    """What a restored dump looks like: another cluster, and ids that start low."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update audit_sequencer set system_identifier = 1,"
            " bound_xid = (bound_xid::text::bigint + 1000000)::text::xid8"
        )
        cursor.execute("set custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set xid = (xid::text::bigint + 1000000)::text::xid8"
        )
        cursor.execute(
            "update audit_block set first_xid ="
            " (first_xid::text::bigint + 1000000)::text::xid8,"
            " last_xid = (last_xid::text::bigint + 1000000)::text::xid8"
        )
    connections.close_all()
