"""The sentence of an entry names what was acted on, from its details."""

from typing import Any
from uuid import UUID

import pytest

from audit.explorer import presenters
from audit.log.leaf import Leaf
from tests.audit.conftest import AT


def sentence(action: str, kind: str, opened: dict[str, Any]) -> str:
    leaf = Leaf(
        id=UUID(int=1),
        time=AT,
        organization=UUID(int=2),
        action=action,
        outcome="success",
        actor_kind="user",
        target_kind=kind,
        target_id=UUID(int=3),
    )
    return str(presenters.sentence(leaf, opened=opened))


@pytest.mark.parametrize(
    ("action", "kind", "opened", "said"),
    [
        (
            "workspaces.group.created",
            "group",
            {"change.displayName": [None, "Legal"]},
            "Created a group Legal",
        ),
        (
            "workspaces.group.deleted",
            "group",
            {"change.displayName": ["Legal", None]},
            "Deleted a group Legal",
        ),
        (
            "workspaces.api-key.issued",
            "api_key",
            {"detail.name": "E-discovery"},
            "Issued an API key E-discovery",
        ),
        ("workspaces.group.created", "group", {}, "Created a group"),
    ],
)
def test_it_names_the_thing(
    action: str, kind: str, opened: dict[str, Any], said: str
) -> None:
    assert sentence(action, kind, opened) == said
