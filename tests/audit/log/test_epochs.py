"""After a restore into another cluster a new epoch goes on where the old one ended.

What an ended epoch held stays demanded: its last head is kept outside the database, and
the heads of the next epoch bind it.
"""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connections, transaction

from audit.log import checkpoints, note, sequencer
from audit.log.epochs import open_epoch
from audit.log.note import Checkpoint, Ended
from audit.log.selectors import Log, log_of
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from kit import scoping
from tests.audit.conftest import Tenant

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


def test_entries_go_on_in_a_new_tree_after_a_restore(
    halden: Tenant, seal: Sealing
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


@pytest.fixture
def two_epochs(halden: Tenant, seal: Sealing) -> Log:
    """A log of five entries in epoch 1, sealed in two rounds, and two in epoch 2."""
    for count in (3, 2):
        for _ in range(count):
            halden.record()
        seal()
    open_epoch()
    for _ in range(2):
        halden.record()
    seal()
    with scoping.organization(organization_id=halden.id):
        return log_of(organization_id=halden.id)


def _cut(log: Log, *, epoch: int, first: int = 0) -> None:
    """Deletes the end of an epoch's tree as a superuser would, list and all."""
    here = f"organization_id = {log.organization_id} and epoch = {epoch}"
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        for statement in (
            f"delete from audit_entry where id in (select entry_id from audit_facet"
            f" where {here} and index >= {first})",
            f"delete from audit_block where {here} and first >= {first}",
            f"delete from audit_tile where {here}",
            f"delete from audit_facet where {here} and index >= {first}",
        ):
            cursor.execute(statement)


def _head(log: Log, epoch: int) -> Checkpoint:
    text = checkpoints.last_heads(log.uuid)[epoch]
    return note.opened(text, keys=checkpoints.keys_of(log.uuid))


def _finding(log: Log) -> Finding | None:
    return walk(log, using="sequencer").finding


def test_the_last_head_of_every_epoch_is_kept(two_epochs: Log) -> None:
    assert _finding(two_epochs) is None
    assert (_head(two_epochs, 1).size, _head(two_epochs, 2).size) == (5, 2)


def test_a_new_epoch_binds_how_the_one_before_ended(
    two_epochs: Log, halden: Tenant, seal: Sealing
) -> None:
    ended = _head(two_epochs, 1)
    bound = Ended(epoch=1, size=5, root=ended.root)
    assert ended.previous is None
    assert _head(two_epochs, 2).previous == bound

    halden.record()
    seal()

    assert (_head(two_epochs, 2).size, _head(two_epochs, 2).previous) == (3, bound)


def test_a_whole_epoch_that_was_deleted_is_missed(two_epochs: Log) -> None:
    _cut(two_epochs, epoch=1)

    assert _finding(two_epochs) == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=0)


def test_the_end_of_an_earlier_epoch_is_missed(two_epochs: Log) -> None:
    _cut(two_epochs, epoch=1, first=3)

    assert _finding(two_epochs) == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=3)


@pytest.mark.parametrize("first", [0, 3])
def test_the_newest_head_alone_tells_of_what_an_earlier_epoch_held(
    two_epochs: Log, first: int
) -> None:
    checkpoints._ended_file(two_epochs.uuid, 1).unlink()
    _cut(two_epochs, epoch=1, first=first)

    assert _finding(two_epochs) == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=first)


def test_an_epoch_of_which_only_the_key_is_known_is_missed(
    two_epochs: Log, halden: Tenant
) -> None:
    _forget_what_was_kept(two_epochs)
    assert _finding(two_epochs) is None

    _cut(two_epochs, epoch=1)

    assert _finding(two_epochs) == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=0)


def test_heads_that_an_older_release_did_not_keep_are_kept_from_its_blocks(
    two_epochs: Log, halden: Tenant, seal: Sealing
) -> None:
    _forget_what_was_kept(two_epochs)

    sequencer.publish_again()
    halden.record()
    seal()

    assert _head(two_epochs, 1).size == 5
    assert _head(two_epochs, 2).previous == Ended(
        epoch=1, size=5, root=_head(two_epochs, 1).root
    )
    assert _finding(two_epochs) is None
    _cut(two_epochs, epoch=1, first=3)
    assert _finding(two_epochs) == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=3)


def test_a_head_that_nobody_signed_never_replaces_one_that_is_kept(
    two_epochs: Log,
) -> None:
    kept = checkpoints.last_heads(two_epochs.uuid)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_block set note = replace(note, E'/1\\n5', E'/1\\n9')"
            " where epoch = 1"
        )

    sequencer.publish_again()

    assert checkpoints.last_heads(two_epochs.uuid) == kept


def test_what_a_restored_backup_lacks_does_not_cover_what_is_worse(
    two_epochs: Log,
) -> None:
    _cut(two_epochs, epoch=1, first=3)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set leaf = 'x' where id = (select entry_id"
            " from audit_facet where epoch = 2 and index = 1)"
        )

    assert _finding(two_epochs) == Finding(flaw=Flaw.EDITED, epoch=2, index=1)


def _forget_what_was_kept(log: Log) -> None:
    """Leaves what an older release would: the newest head, which binds nothing."""
    checkpoints._ended_file(log.uuid, 1).unlink()
    head = _head(log, 2)
    bare = Checkpoint(origin=head.origin, size=head.size, root=head.root)
    text = note.signed(bare, key=sequencer._key())
    checkpoints._replace(checkpoints._file(log.uuid), text)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute("update audit_block set note = %s where epoch = 2", [text])
