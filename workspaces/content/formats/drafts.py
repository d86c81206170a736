"""Conversations as the readers hand them to the writer, before anything is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workspaces.content.tree import Damage

Content = tuple[dict[str, Any], list[tuple[str | None, Any]]]
"""What the source had: the conversation without its nodes, and the nodes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeDraft:
    """One node of the tree, in the stored order; `node` is as the source had it."""

    key: str | None
    node: dict[str, Any] = field(repr=False)
    parent_position: int | None
    has_message: bool
    is_on_path: bool
    is_hidden: bool
    role: str
    provenance: str
    created_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDraft:
    """One file of a conversation; `member` names its bytes in the archive, if there."""

    description: dict[str, Any] = field(repr=False)
    provenance: str
    byte_count: int
    member: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationDraft:
    """One conversation of a file; `raw` is all it had besides its nodes.

    Dates are the source's own and may be missing, and so may the id: the writer
    then derives one with a key, since a plain digest would tell what was written.
    """

    place: str
    source: str
    external_id: str | None
    owner_email: str | None
    title: str = field(repr=False)
    raw: dict[str, Any] = field(repr=False)
    created_at: datetime | None
    last_activity_at: datetime | None
    is_temporary: bool
    nodes: tuple[NodeDraft, ...] = field(repr=False)
    files: tuple[FileDraft, ...] = field(repr=False)
    damage: frozenset[Damage]

    @property
    def message_count(self) -> int:
        """Nodes that hold a message; roots are structure only."""
        return sum(node.has_message for node in self.nodes)

    @property
    def content(self) -> Content:
        """What tells two conversations under one id apart."""
        return self.raw, [(node.key, node.node) for node in self.nodes]
