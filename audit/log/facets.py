"""What the list can filter on, read from a leaf when it is sealed."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Facet:
    """The filterable columns of one entry."""

    at: datetime
    action: str
    outcome: str
    actor_kind: str
    actor: str
    target_kind: str
    target_id: UUID | None
    workspace: UUID | None


def facet_of(leaf: bytes, *, subject: str, sealed_at: datetime) -> Facet:
    """The facet of a leaf.

    Bytes that are no entry are sealed like any others, and can be found: the log
    neither stops nor hides them.
    """
    try:
        content: dict[str, Any] = json.loads(leaf)
        workspace = content.get("workspace")
        return Facet(
            at=datetime.fromisoformat(content["time"]),
            action=str(content["action"]),
            outcome=str(content["outcome"]),
            actor_kind=str(content["actor_kind"]),
            actor=subject or str(content.get("actor", "")),
            target_kind=str(content["target_kind"]),
            target_id=UUID(content["target_id"]),
            workspace=UUID(workspace) if workspace else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Facet(
            at=sealed_at,
            action=UNREADABLE,
            outcome=UNREADABLE,
            actor_kind=UNREADABLE,
            actor=subject,
            target_kind=UNREADABLE,
            target_id=None,
            workspace=None,
        )
