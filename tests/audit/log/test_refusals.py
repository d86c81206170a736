"""The database refuses to change the log, whoever asks."""

import itertools
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connections, transaction

from audit.log.models import AuditBlock, AuditEntry, AuditFacet
from kit import scoping
from tests.audit.conftest import Tenant

pytestmark = pytest.mark.django_db(transaction=True)
_TABLES = ("audit_entry", "audit_block", "audit_tile")
_ACTS = ("update {} set epoch = epoch", "delete from {}", "truncate {}")


@pytest.mark.parametrize("alias", ["default", "sweeper", "sequencer", "owner"])
def test_the_log_cannot_be_changed(
    halden: Tenant, seal: Callable[[], int], alias: str
) -> None:
    halden.record()
    seal()

    for act, table in itertools.product(_ACTS, _TABLES):
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
            _change(alias, act.format(table), halden)


def _change(alias: str, statement: str, tenant: Tenant) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(
            "select set_config('custos.organization', %s, true)", [str(tenant.id)]
        )
        if alias != "owner":  # a setting that counts for the owner alone
            cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(statement)


def test_the_place_of_an_entry_cannot_be_chosen(halden: Tenant) -> None:
    for alias, column in itertools.product(
        ("default", "sweeper"), ("epoch", "xid", "id")
    ):
        forged = (
            f"insert into audit_entry (organization_id, leaf, {column})"
            f" values ({halden.id}, 'forged', '1')"
        )
        with pytest.raises(DatabaseError, match="permission denied"):
            _change(alias, forged, halden)


def test_the_sealed_bound_moves_for_the_sequencer_alone(halden: Tenant) -> None:
    statement = "update audit_sequencer set bound_id = bound_id"
    for alias in ("default", "sweeper"):
        with pytest.raises(DatabaseError, match="permission denied"):
            _change(alias, statement, halden)

    _change("sequencer", statement, halden)


def test_two_organizations_see_nothing_of_each_other(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    halden.record(reason="mine")
    seal()

    with scoping.organization(organization_id=brightwater.id):
        for model in (AuditEntry, AuditBlock, AuditFacet):
            assert model._default_manager.count() == 0
        with connections["default"].cursor() as cursor:
            for table in (*_TABLES, "audit_detail", "audit_facet"):
                cursor.execute(f"select count(*) from {table}")
                assert cursor.fetchone() == (0,)


def test_without_a_scope_nothing_is_seen(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()
    seal()

    with pytest.raises(scoping.NoOpenScope):
        AuditEntry.objects.count()
    with connections["default"].cursor() as cursor:
        cursor.execute("select count(*) from audit_entry")
        assert cursor.fetchone() == (0,)


def test_the_sequencer_cannot_read_details(halden: Tenant) -> None:
    halden.record()

    with (
        pytest.raises(DatabaseError, match="permission denied"),
        connections["sequencer"].cursor() as cursor,
    ):
        cursor.execute("select sealed from audit_detail")
