"""A large corpus imports as it is; tests/scenarios has the other one."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.workspaces.content.conftest import NOON, Importer
from workspaces.content import selectors
from workspaces.content.models import Message
from workspaces.content.rules import Spread

pytestmark = [pytest.mark.slow, pytest.mark.allowed_skip]


@pytest.mark.parametrize(
    ("name", "conversations", "messages"),
    [
        ("ubuntu-irc.jsonl.gz", 10_126, 66_700),
    ],
)
def test_every_conversation_and_message_is_there(
    import_files: Importer,
    scope: Any,
    shared_data: Path,
    name: str,
    conversations: int,
    messages: int,
) -> None:
    spread = Spread(first=NOON - timedelta(days=365), last=NOON)

    result = import_files(shared_data / name, spread=spread)

    assert (result.conversations, result.messages) == (conversations, messages)
    assert (result.skipped, result.warnings) == (0, ())
    with scope():
        assert selectors.imported().count() == conversations
        assert Message.objects.count() == messages
