"""What the list can filter on, read from a leaf when it is sealed."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

UNREADABLE = "unreadable"
# Matching costs a fifth of making a UUID; the sequencer does it for every entry.
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Facet:
    """The filterable columns of one entry."""

    at: datetime
    action: str
    outcome: str
    actor_kind: str
    actor: str
    target_kind: str
    target_id: str | None
    workspace: str | None


def facet_of(leaf: bytes, *, subject: str, sealed_at: datetime) -> Facet:
    """The facet of a leaf.

    Bytes that are no entry are sealed like any others, and can be found: the log
    neither stops nor hides them.
    """
    try:
        content: dict[str, Any] = json.loads(leaf)
        at = datetime.fromisoformat(content["time"])
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        return Facet(
            at=at,
            action=_word(content["action"]),
            outcome=_word(content["outcome"]),
            actor_kind=_word(content["actor_kind"]),
            actor=_word(content["actor"]) if "actor" in content else subject,
            target_kind=_word(content["target_kind"]),
            target_id=_uuid(content["target_id"]),
            workspace=_uuid(content["workspace"]) if "workspace" in content else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
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


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError(f"{text!r} is no uuid")
    return text


def _word(text: str) -> str:
    """What PostgreSQL can store as text, and what a leaf of ours may say."""
    if not text.isascii() or "\x00" in text:
        raise ValueError(f"{text!r} is no plain word")
    return text
