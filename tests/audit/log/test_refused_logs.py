"""A log that is not signed waits alone: all others are sealed, and it catches up."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections, transaction

from audit.log import checkpoints, note, refusals, sequencer
from audit.log.epochs import open_epoch
from audit.log.selectors import Level, Log, log_of, stall
from audit.verification.walk import Result, walk
from kit import scoping
from tests.audit.conftest import AT, Tenant, publish_anything

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


def _log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def _walked(tenant: Tenant) -> Result:
    return walk(_log(tenant), using="sequencer")


def _size(tenant: Tenant) -> tuple[int, int]:
    text = checkpoints.published(tenant.uuid)
    assert text is not None
    head = note.opened(text, keys=checkpoints.keys_of(tenant.uuid))
    return head.epoch, head.size


def _pretend_it_is_ahead(tenant: Tenant) -> str:
    """What a restored backup leaves: a published head beyond the database's."""
    kept = checkpoints.published(tenant.uuid)
    assert kept is not None
    origin = kept.partition("\n")[0]
    head = note.Checkpoint(origin=origin, size=7, root=b"\x01" * 32)
    publish_anything(tenant.uuid, note.signed(head, key=sequencer._key()))
    return kept


def _refusal(tenant: Tenant) -> refusals.Refusal | None:
    return refusals.of(organization_id=tenant.id, using="sequencer")


def test_a_refused_log_does_not_stop_the_others(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    for tenant in (halden, brightwater):
        tenant.record()
    seal()
    _pretend_it_is_ahead(halden)

    for _ in range(3):
        halden.record()
        brightwater.record()
        seal()

    assert _size(brightwater) == (1, 4)
    assert _walked(brightwater).finding is None
    assert _refusal(halden) is not None


def test_what_waited_is_sealed_in_its_order_once_the_log_agrees(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    kept = _pretend_it_is_ahead(halden)
    for _ in range(3):
        halden.record()
        assert seal() == 1  # it is behind the bound, and waits
    publish_anything(halden.uuid, kept)

    assert seal() == 3
    halden.record()
    assert seal() == 1

    assert _refusal(halden) is None
    assert _size(halden) == (1, 5)
    assert _walked(halden) == Result(entries=5, finding=None)


def test_waiting_entries_are_neither_lost_nor_a_flaw(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    kept = _pretend_it_is_ahead(halden)
    halden.record()
    seal()
    publish_anything(halden.uuid, kept)

    assert _walked(halden) == Result(entries=1, finding=None)


def test_a_new_epoch_seals_what_was_refused(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    _pretend_it_is_ahead(halden)
    halden.record()
    seal()

    open_epoch()
    halden.record()
    seal()

    assert _size(halden) == (2, 2)
    assert _refusal(halden) is None


def test_rows_that_stand_where_the_next_ones_belong_stop_their_log_alone(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into audit_facet select (jsonb_populate_record(f,"
            " '{\"index\": 1}')).* from audit_facet f where organization_id = %s",
            [halden.id],
        )

    for tenant in (halden, brightwater):
        tenant.record()
    seal()

    assert _size(brightwater) == (1, 1)
    refusal = _refusal(halden)
    assert refusal is not None
    assert "audit_facet" in refusal.reason


def test_damaged_peaks_stop_their_log_alone(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_block set peaks = '' where organization_id = %s", [halden.id]
        )

    for tenant in (halden, brightwater):
        tenant.record()
    seal()

    assert _size(brightwater) == (1, 1)
    assert _refusal(halden) is not None


def test_a_key_file_that_is_put_back_lets_all_logs_go_on(
    halden: Tenant, seal: Sealing, tmp_path: Path, settings: object
) -> None:
    halden.record()
    seal()
    kept = settings.CUSTOS_LOG_KEY_FILE  # type: ignore[attr-defined]
    settings.CUSTOS_LOG_KEY_FILE = tmp_path / "other"  # type: ignore[attr-defined]
    halden.record()
    seal()
    settings.CUSTOS_LOG_KEY_FILE = kept  # type: ignore[attr-defined]

    seal()

    assert _size(halden) == (1, 2)
    assert Path(kept).exists()


def test_a_refused_log_is_told_as_an_alarm(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    _pretend_it_is_ahead(halden)
    halden.record()
    seal()

    late = stall(at=AT + timedelta(seconds=90))

    assert late is not None
    assert late.level is Level.ALARM
    assert "restored backup" in str(late)


def test_a_damaged_file_of_one_log_stops_that_log_alone(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    folder = Path(settings.CUSTOS_CHECKPOINT_DIR)
    (folder / f"{halden.uuid}.vkeys").write_text("no key\n")

    for tenant in (halden, brightwater):
        tenant.record()
    seal()

    assert _size(brightwater) == (1, 1)
    assert _refusal(halden) is not None
