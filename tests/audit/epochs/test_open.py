"""A database behind its published heads is signed again after the operator's word."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from audit.log import checkpoints, note, refusals, storage
from audit.log.models import AuditFacet
from audit.log.selectors import Log, log_of
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from kit import scoping
from tests.audit.conftest import Tenant

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


def _log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def _restore_older(tenant: Tenant, *, size: int) -> None:
    """What an older backup looks like: the newest entries and their seals are gone."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "delete from audit_detail where organization_id = %s", [tenant.id]
        )
        cursor.execute(
            "delete from audit_entry where id in (select entry_id from audit_facet"
            " where organization_id = %s and index >= %s)",
            [tenant.id, size],
        )
        for table, column in (("audit_block", "first"), ("audit_facet", "index")):
            cursor.execute(
                f"delete from {table} where organization_id = %s and {column} >= %s",
                [tenant.id, size],
            )


def test_an_older_backup_is_refused_until_an_operator_opens_an_epoch(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    for _ in range(3):
        halden.record()
        seal()
    lost = checkpoints.published(halden.uuid)
    _restore_older(halden, size=1)
    halden.record()
    brightwater.record()
    seal()
    refused = refusals.of(organization_id=halden.id, using="sequencer")
    assert refused is not None
    assert "restored backup" in refused.reason
    assert checkpoints.published(halden.uuid) == lost

    out = StringIO()
    call_command("open_log_epoch", "--reason", "Disk broke", "--json", stdout=out)
    told = json.loads(out.getvalue())

    assert told["epoch"] == 2
    assert "restored backup" in told["refused"][0]
    assert refusals.of(organization_id=halden.id, using="sequencer") is None
    newest = checkpoints.published(halden.uuid)
    assert newest is not None
    head = note.opened(newest, keys=checkpoints.keys_of(halden.uuid))
    assert (head.epoch, head.size) == (2, 2)
    assert head.previous is not None
    assert (head.previous.epoch, head.previous.size) == (1, 3)


def test_what_the_backup_lacked_stays_named(halden: Tenant, seal: Sealing) -> None:
    for _ in range(3):
        halden.record()
        seal()
    _restore_older(halden, size=1)
    halden.record()
    seal()

    call_command("open_log_epoch", "--reason", "Disk broke", stdout=StringIO())

    found = walk(_log(halden), using="sequencer").finding
    assert found == Finding(flaw=Flaw.TRUNCATED, epoch=1, index=1)


def test_the_new_epoch_begins_with_why(halden: Tenant, seal: Sealing) -> None:
    for _ in range(2):
        halden.record()
        seal()
    _restore_older(halden, size=1)
    halden.record()
    seal()
    call_command("open_log_epoch", "--reason", "Disk broke", stdout=StringIO())

    with scoping.organization(organization_id=halden.id):
        entry = AuditFacet.objects.get(action="audit.epoch.opened")
        ((leaf,),) = storage.rows(
            "default", "select leaf from audit_entry where id = %s", entry.entry_id
        )
    said = json.loads(bytes(leaf))
    assert said["counts"] == {"epoch": 2, "previous_epoch": 1, "previous_size": 2}
    assert len(said["digests"]["previous_root"]) == 64


def test_no_epoch_is_opened_where_all_agree(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    before = storage.rows("sequencer", "select epoch from audit_sequencer")

    with pytest.raises(CommandError, match="nothing to open"):
        call_command("open_log_epoch", "--reason", "Why not", stdout=StringIO())

    assert storage.rows("sequencer", "select epoch from audit_sequencer") == before


def test_an_epoch_needs_a_reason(halden: Tenant) -> None:
    assert Path(settings.CUSTOS_CHECKPOINT_DIR).parent.exists()
    with pytest.raises(CommandError, match="Say why"):
        call_command("open_log_epoch", "--reason", "", stdout=StringIO())
