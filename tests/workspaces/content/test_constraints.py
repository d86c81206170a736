"""What the database itself refuses to store."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.workspaces.content.conftest import NOON, Importer
from tests.workspaces.content.files import SAMPLES
from workspaces.content.models import Conversation, Import, Message


@pytest.fixture
def stored(import_files: Importer, scope: Any) -> Any:
    """One conversation, in an open scope."""
    import_files(SAMPLES / "chatgpt" / "librechat-chatgpt-tree.json")
    with scope():
        yield Conversation.objects.get()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("conversation_deleted_who_and_when", {"deleted_at": NOON}),
        ("conversation_deleted_who_and_when", {"deleted_by": "member"}),
        ("conversation_plan_known", {"plan_written": "free"}),
        (
            "conversation_activity_after_creation",
            {"created_at": NOON + timedelta(days=9_999)},
        ),
    ],
)
def test_a_conversation_that_makes_no_sense_is_refused(
    stored: Conversation, constraint: str, change: dict[str, Any]
) -> None:
    copy = {"pk": None, "public_id": uuid4(), "external_id": "copy", "key_id": uuid4()}
    for name, value in (copy | change).items():
        setattr(stored, name, value)
    stored._state.adding = True

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        stored.save()


@pytest.mark.parametrize("column", ["key_id", "owner_id", "last_activity_at", "title"])
def test_what_decides_over_a_stored_conversation_cannot_be_changed(
    stored: Conversation, column: str
) -> None:
    """Not by a statement past the services either."""
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"update workspaces_conversation set {column} = {column}")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("import_state_known", {"state": "odd"}),
        ("import_ended_with_its_state", {"ended_at": None}),
        ("import_ended_with_its_state", {"state": "staging"}),
    ],
)
def test_an_import_that_makes_no_sense_is_refused(
    stored: Conversation, constraint: str, change: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Import.objects.update(**change)


def test_two_running_imports_of_a_workspace_are_refused(stored: Conversation) -> None:
    running = {
        "workspace_id": stored.workspace_id,
        "source": "auto",
        "started_at": NOON,
        "heartbeat_at": NOON,
    }
    Import.objects.create(**running)

    with (
        pytest.raises(IntegrityError, match="import_one_at_a_time"),
        transaction.atomic(),
    ):
        Import.objects.create(**running)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("conversation_external_once", {}),
        ("key_id", {"external_id": "other"}),
        ("owner_id", {"external_id": "other", "owner_id": 999_999}),
    ],
)
def test_a_copy_of_a_conversation_is_refused(
    stored: Conversation, constraint: str, change: dict[str, Any]
) -> None:
    copy = Conversation.objects.get(pk=stored.pk)
    copy.pk, copy.public_id = None, type(copy.public_id)(int=1)
    if constraint != "key_id":
        copy.key_id = type(copy.public_id)(int=2)
    for name, value in change.items():
        setattr(copy, name, value)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        copy.save(force_insert=True)


def test_content_under_an_old_key_is_refused(stored: Conversation) -> None:
    copy = Conversation.objects.get(pk=stored.pk)
    copy.pk, copy.public_id = None, type(copy.public_id)(int=1)
    copy.key_made_at -= timedelta(hours=2)

    with (
        pytest.raises(DatabaseError, match="older than one hour"),
        transaction.atomic(),
    ):
        copy.save(force_insert=True)


def test_two_messages_in_one_place_are_refused(stored: Conversation) -> None:
    message = Message.objects.order_by("id")[0]
    message.pk = None

    with (
        pytest.raises(IntegrityError, match="message_position_once"),
        transaction.atomic(),
    ):
        message.save(force_insert=True)


@pytest.mark.parametrize("model", [Conversation, Message])
def test_the_app_role_cannot_delete_content(stored: Conversation, model: Any) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        model.objects.all()._raw_delete("default")
