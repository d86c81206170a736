"""The start-up check finds lost cascades, missing policies and wrong grants."""

import pytest
from django.db import connections

from retention.checks import database_keeps_its_promises


def found() -> list[str]:
    messages = database_keeps_its_promises(app_configs=None, databases=["default"])
    return [str(message.msg) for message in messages]


def owner(sql: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)


def test_a_migrated_database_is_sound(transactional_db: None):
    assert found() == []


def test_it_asks_nothing_unless_databases_are_checked():
    assert database_keeps_its_promises(app_configs=None, databases=None) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            "alter table workspaces_message drop constraint"
            " workspaces_message_workspace_id_conversation_id_cascade",
            "workspaces_message no longer vanishes",
        ),
        ("alter table retention_policy disable row level security", "retention_policy"),
        ("create table later (workspace_id bigint)", "later belongs to a tenant"),
        ("create table later (organization_id bigint)", "later belongs to a tenant"),
        (
            "drop trigger conversation_is_not_held on workspaces_conversation",
            "trigger",
        ),
        ("create view seen as select 1", "view seen"),
    ],
)
def test_damage_is_named(transactional_db: None, damage, sentence):
    owner(damage)

    assert any(sentence in text for text in found())


def test_a_right_to_rewrite_content_is_named(transactional_db: None):
    from django.conf import settings

    app = settings.DATABASE_ROLES["app"]
    owner(f"grant update (key_id) on workspaces_conversation to {app}")

    assert any("change key_id" in text for text in found())


def test_a_right_to_delete_content_is_named(transactional_db: None):
    from django.conf import settings

    owner("grant delete on workspaces_message to " + settings.DATABASE_ROLES["app"])

    assert any("workspaces_message" in text for text in found())
