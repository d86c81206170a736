"""Sealing entries: every committed one exactly once, in one order, under one head."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings
from django.db import connections, transaction

from audit.log import checkpoints, note, refusals, sequencer, storage, tree
from audit.log.heads import RefusesToSign
from audit.log.models import AuditEntry
from audit.log.selectors import Level, stall
from kit import scoping
from tests.audit.conftest import AT, Tenant, publish_anything

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


def _leaves(tenant: Tenant) -> list[bytes]:
    with scoping.organization(organization_id=tenant.id):
        rows = AuditEntry.objects.order_by("epoch", "xid", "id")
        return [bytes(row.leaf) for row in rows]


def _head(tenant: Tenant) -> note.Checkpoint:
    text = checkpoints.published(tenant.uuid)
    assert text is not None
    return note.opened(text, keys=checkpoints.keys_of(tenant.uuid))


def _refused(tenant: Tenant) -> str:
    refusal = refusals.of(organization_id=tenant.id, using="sequencer")
    assert refusal is not None
    return refusal.reason


def _second_connection(alias: str = "default") -> "psycopg.Connection[tuple[int]]":
    parameters = connections[alias].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: parameters[name] for name in names})


def _write_raw(connection: "psycopg.Connection[tuple[int]]", tenant: Tenant) -> None:
    connection.execute(
        "select set_config('custos.organization', %s, true)", [str(tenant.id)]
    )
    connection.execute(
        "insert into audit_entry (organization_id, leaf) values (%s, 'late')",
        [tenant.id],
    )


def test_entries_are_sealed_under_a_published_head(
    halden: Tenant, seal: Sealing
) -> None:
    for _ in range(3):
        halden.record()

    assert seal() == 3
    head = _head(halden)
    assert head.size == 3
    assert head.origin.endswith(f"/audit/{halden.uuid}/1")
    assert head.root == tree.root_of(map(tree.leaf_hash, _leaves(halden)))


def test_an_idle_second_uses_no_transaction_id(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    using = "sequencer"
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        assert seal() == 0

        cursor.execute("select pg_current_xact_id_if_assigned()")
        assert cursor.fetchone() == (None,)


def test_a_growing_log_keeps_one_tree(halden: Tenant, seal: Sealing) -> None:
    for count in (1, 5, 300, 2):
        for _ in range(count):
            halden.record()
        seal()

    head = _head(halden)
    hashes = [tree.leaf_hash(leaf) for leaf in _leaves(halden)]
    assert head.size == 308
    assert head.root == tree.root_of(hashes)
    full = storage.rows("sequencer", "select hashes from audit_tile")
    assert [bytes(row[0]) for row in full] == [b"".join(hashes[:256])]


def test_a_block_is_cut_at_1024_entries(halden: Tenant, seal: Sealing) -> None:
    with scoping.organization(organization_id=halden.id):
        connections["default"].cursor().execute(
            "insert into audit_entry (organization_id, leaf)"
            " select %s, convert_to(n::text, 'UTF8') from generate_series(1, 2500) n",
            [halden.id],
        )

    assert seal() == 2_500
    sizes = storage.rows("sequencer", "select n from audit_block order by first")
    assert [n for (n,) in sizes] == [1_024, 1_024, 452]


def test_two_organizations_have_two_trees(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    brightwater.record()
    halden.record()

    seal()

    assert (_head(halden).size, _head(brightwater).size) == (2, 1)


def test_a_late_commit_is_sealed_later_and_never_skipped(
    halden: Tenant, seal: Sealing
) -> None:
    with _second_connection() as late:
        _write_raw(late, halden)
        halden.record()

        assert seal() == 0

        late.commit()
    assert seal() == 2
    assert _leaves(halden)[0] == b"late"
    assert _head(halden).size == 2


def test_a_rolled_back_entry_is_never_sealed(halden: Tenant, seal: Sealing) -> None:
    with _second_connection() as late:
        _write_raw(late, halden)
        halden.record()
        late.rollback()

    assert seal() == 1


def test_a_writer_in_another_database_holds_nothing_back(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    with transaction.atomic(using="vault"), connections["vault"].cursor() as cursor:
        cursor.execute("select pg_current_xact_id()")

        assert seal() == 1


def test_order_is_by_number_where_ids_gain_a_digit(
    halden: Tenant, seal: Sealing
) -> None:
    # As text "1000" sorts before "999"; the cluster is past both, so both are final.
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for xid in (1000, 999, 1001):
            cursor.execute(
                "insert into audit_entry (organization_id, xid, leaf)"
                " values (%s, %s::text::xid8, convert_to(%s, 'UTF8'))",
                [halden.id, xid, json.dumps({"xid": xid})],
            )

    assert seal() == 3

    leaves = [json.dumps({"xid": xid}).encode() for xid in (999, 1000, 1001)]
    assert _head(halden).root == tree.root_of(map(tree.leaf_hash, leaves))


def test_a_second_sequencer_stands_aside(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    with _second_connection("sequencer") as other:
        other.execute("select * from audit_sequencer for update")

        assert seal() == 0

        other.rollback()
    assert seal() == 1


def test_a_head_left_unpublished_is_published_at_the_next_start(
    halden: Tenant, seal: Sealing, checkpoint_folder: Path
) -> None:
    halden.record()
    seal()
    newest = (checkpoint_folder / str(halden.uuid)).read_text()
    (checkpoint_folder / str(halden.uuid)).unlink()

    sequencer.publish_again()

    assert checkpoints.published(halden.uuid) == newest


def test_a_head_that_a_sequencer_elsewhere_left_is_published_by_one_that_lives(
    halden: Tenant,
    seal: Sealing,
    checkpoint_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(sequencer, "time", clock)
    sequencer.run(at=AT)
    halden.record()
    seal()
    newest = (checkpoint_folder / str(halden.uuid)).read_text()
    (checkpoint_folder / str(halden.uuid)).unlink()

    clock.monotonic = lambda: 600.0
    sequencer.run(at=AT)

    assert checkpoints.published(halden.uuid) == newest


def test_an_older_head_never_replaces_a_newer_one(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    older = checkpoints.published(halden.uuid)
    halden.record()
    seal()

    assert older is not None
    checkpoints.publish(halden.uuid, older)

    assert _head(halden).size == 2


def test_a_database_behind_its_published_head_is_not_signed(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    ahead = note.signed(
        note.Checkpoint(origin=_head(halden).origin, size=7, root=b"\x01" * 32),
        key=sequencer._key(),
    )
    publish_anything(halden.uuid, ahead)
    halden.record()

    seal()

    assert "restored backup" in _refused(halden)


def test_a_rewritten_database_is_not_signed(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    other = note.Checkpoint(origin=_head(halden).origin, size=1, root=b"\x01" * 32)
    publish_anything(halden.uuid, note.signed(other, key=sequencer._key()))
    halden.record()

    seal()

    assert "another one" in _refused(halden)


def test_another_log_key_is_not_used_silently(
    halden: Tenant, seal: Sealing, settings: object, tmp_path: Path
) -> None:
    halden.record()
    seal()
    settings.CUSTOS_LOG_KEY_FILE = tmp_path / "other-key"  # type: ignore[attr-defined]
    halden.record()

    seal()

    assert "not the one announced" in _refused(halden)


def test_another_cluster_is_neither_written_nor_signed(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    with connections["owner"].cursor() as cursor:
        cursor.execute("update audit_sequencer set system_identifier = 1")
    connections["default"].close()

    with pytest.raises(RefusesToSign, match="new epoch"):
        seal()
    with pytest.raises(Exception, match="open a new epoch"):
        halden.record()


def test_the_key_is_not_in_the_database(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    secret = Path(settings.CUSTOS_LOG_KEY_FILE).read_text().strip()

    columns = storage.rows("sequencer", "select b::text from audit_block b")
    assert secret not in str(columns)


def test_a_stuck_writer_is_named(halden: Tenant, seal: Sealing) -> None:
    with _second_connection() as stuck:
        _write_raw(stuck, halden)
        halden.record()
        seal()

        assert stall(at=AT + timedelta(seconds=5)) is None
        late = stall(at=AT + timedelta(seconds=30))
        later = stall(at=AT + timedelta(seconds=90))

        assert late is not None
        assert late.level is Level.WARNING
        assert f"process {stuck.info.backend_pid} (custos_app" in str(late)
        assert later is not None
        assert later.level is Level.ALARM
        stuck.rollback()
