"""Gives each worker its own content database and vault, copied from the templates.

Tests run as the product does: `default` is the app role, which owns nothing, so that
row-level security applies in every test. A test inside a transaction is rolled back; a
transactional test gets fresh copies afterwards, because tables that refuse TRUNCATE
cannot be flushed and rows that migrations made must be there again.
"""

import os

import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase
from django.urls import get_resolver
from psycopg import sql
from pytest_django import DjangoDbBlocker

from config.launcher.cluster import ADMIN
from kit import readiness
from tests.harness import stand
from tests.harness.stand import LOGINS, PASSWORD, TEMPLATES

# What a test may touch when its marker names no databases. Another alias is another
# connection, which cannot see an open transaction's rows: for those, real transactions.
_ROLLED_BACK = ["default", "vault"]
_COMMITTED = ["default", "owner", "sweeper", "sequencer", "vault"]
_OWNERS = {"content": "owner", "vault": "vault"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """This worker's databases."""
    if failure := os.environ.get(stand.FAILURE):
        pytest.fail(failure, pytrace=False)
    # On a busy machine loading all pages takes longer than a transaction may idle.
    get_resolver().url_patterns  # noqa: B018
    with django_db_blocker.unblock():
        _copy_templates()
        # Each process asks once; tests that count queries come after that.
        readiness.refusal()
        connections.close_all()
    TransactionTestCase._fixture_teardown = _start_afresh  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the databases of tests that do not name them."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        wanted = set(getattr(item, "fixturenames", ()))
        if marker is None and not wanted & {"db", "transactional_db"}:
            continue
        asked = dict(marker.kwargs) if marker else {}
        asked.setdefault("transaction", "transactional_db" in wanted)
        asked.setdefault("databases", _databases(is_committed=asked["transaction"]))
        item.add_marker(pytest.mark.django_db(**asked), append=False)


def _databases(*, is_committed: bool) -> list[str]:
    return _COMMITTED if is_committed else _ROLLED_BACK


def _start_afresh(_case: TransactionTestCase) -> None:
    connections.close_all()
    _copy_templates()


def _copy_templates() -> None:
    """Drop what this worker has, whoever is connected, and copy the templates."""
    admin = stand.of_this_run().url("postgres").replace("//", f"//{ADMIN}:{PASSWORD}@")
    with psycopg.connect(admin, autocommit=True) as connection:
        for kind, template in TEMPLATES.items():
            names = {
                "name": sql.Identifier(stand.database(kind)),
                "template": sql.Identifier(template),
                "owner": sql.Identifier(LOGINS.name(_OWNERS[kind])),
            }
            for text in _COPY:
                connection.execute(sql.SQL(text).format(**names))


_COPY = (
    "drop database if exists {name} with (force)",
    # Files are copied as they are, which takes half as long as writing all to the log.
    "create database {name} template {template} owner {owner} strategy file_copy",
)
