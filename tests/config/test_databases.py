"""Tests run against the database as the product does."""

import pytest
from django.db import connections, transaction

from tests.harness import stand


@pytest.mark.django_db
def test_the_app_role_serves_and_owns_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("custos_app",)

        cursor.execute(
            "select distinct tableowner from pg_tables where schemaname = 'public'"
        )
        assert cursor.fetchall() == [("custos_owner",)]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["app", "sweeper", "sequencer"])
def test_a_runtime_role_has_no_way_round_row_security(role: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " pg_has_role(rolname, 'custos_owner', 'member')"
            " from pg_roles where rolname = %s",
            [f"custos_{role}"],
        )
        assert cursor.fetchone() == (False, False, False, False, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("alias", "user"),
    [
        ("default", "custos_app"),
        ("owner", "custos_owner"),
        ("sweeper", "custos_sweeper"),
        ("sequencer", "custos_sequencer"),
        ("vault", "custos_vault"),
    ],
)
def test_each_alias_is_its_own_login(alias: str, user: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == (user,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("alias", ["default", "sweeper", "sequencer", "vault"])
def test_a_forgotten_transaction_ends_by_itself(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchone() != ("0",)

        cursor.execute("show transaction_timeout")
        assert cursor.fetchone() != ("0",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("alias", ["sweeper", "sequencer"])
def test_the_watchers_see_other_roles_transactions(alias: str) -> None:
    with connections["default"].cursor() as cursor, transaction.atomic():
        cursor.execute("select pg_backend_pid(), pg_current_xact_id()")
        pid = cursor.fetchone()[0]

        with connections[alias].cursor() as watcher:
            watcher.execute(
                "select xact_start is not null from pg_stat_activity where pid = %s",
                [pid],
            )
            assert watcher.fetchone() == (True,)


@pytest.mark.django_db
def test_the_content_database_and_the_vault_keep_apart() -> None:
    names = [connections[alias].settings_dict["NAME"] for alias in ("default", "vault")]
    assert names == [stand.database("content"), stand.database("vault")]

    with connections["vault"].cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = {name for (name,) in cursor.fetchall()}
    assert tables - {"django_migrations"} == {
        name for name in tables if name.startswith("vault_")
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_committed_rows_are_gone_in_the_next_test(time: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("select count(*) from django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("insert into django_session values (%s, '', now())", [time])
