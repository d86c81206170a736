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


@pytest.mark.parametrize("alias", ["default", "sweeper", "sequencer", "owner"])
def test_a_log_stays_what_it_is(halden: Tenant, alias: str) -> None:
    acts = ["delete from audit_log", "truncate audit_log"]
    acts += [
        f"update audit_log set {column} = {column}"
        for column in ("organization_id", "uuid", "origin", "key_id", "opened_at")
    ]
    for act in acts:
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
            _change(alias, act, halden)


def test_a_log_may_be_renamed_with_its_organization(halden: Tenant) -> None:
    _change("owner", "update audit_log set slug = 'hall', name = 'Hall'", halden)


def test_the_sweeper_may_forget_who_acted_and_nothing_else(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()
    seal()
    fields = {field.column for field in AuditFacet._meta.local_concrete_fields}

    _change("sweeper", "update audit_facet set actor = ''", halden)
    for column in fields - {"actor"}:
        with pytest.raises(DatabaseError, match="permission denied"):
            _change("sweeper", f"update audit_facet set {column} = {column}", halden)


def test_details_cannot_be_claimed_before_their_entry_is_there(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    entry = halden.record()
    claim = (
        "insert into audit_detail (entry_id, part, organization_id, subject, sealed)"
        " select e, 'actor', {0}, 'forged', '' from generate_series({1}, {2}) e"
    )

    for alias, first in itertools.product(("default", "sweeper"), (entry, entry + 1)):
        with pytest.raises(DatabaseError, match="same organization"):
            _change(alias, claim.format(brightwater.id, first, first + 9), brightwater)
    assert halden.record() > entry


def test_details_of_another_organization_say_nothing_about_an_entry(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    entry = halden.record()
    with connections["owner"].cursor() as cursor:
        cursor.execute("alter table audit_detail disable trigger user")
        cursor.execute("delete from audit_detail where entry_id = %s", [entry])
        cursor.execute(
            "insert into audit_detail (entry_id, part, organization_id, subject,"
            " sealed) values (%s, 'actor', %s, 'forged', '')",
            [entry, brightwater.id],
        )
        cursor.execute("alter table audit_detail enable trigger user")

    seal()

    with scoping.organization(organization_id=halden.id):
        assert AuditFacet.objects.get().actor == ""


def test_the_id_of_a_verification_cannot_be_chosen(halden: Tenant) -> None:
    claim = (
        "insert into audit_verification (id, organization_id, public_id, state,"
        f" requested_at, entries, checked, finding) values (99, {halden.id},"
        " gen_random_uuid(), 'due', now(), 0, 0, '')"
    )
    for statement in (claim, "update audit_verification set id = id"):
        with pytest.raises(DatabaseError, match="permission denied"):
            _change("default", statement, halden)


@pytest.mark.parametrize("alias", ["default", "sweeper", "sequencer"])
def test_the_counters_behind_the_ids_are_out_of_reach(
    halden: Tenant, alias: str
) -> None:
    acts = ("select nextval('{}')", "select setval('{}', 1)", "select * from {}")
    sequences = ("audit_entry_id_seq", "audit_verification_id_seq")
    for act, sequence in itertools.product(acts, sequences):
        with pytest.raises(DatabaseError, match="permission denied"):
            _change(alias, act.format(sequence), halden)
