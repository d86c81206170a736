"""Names whose content a policy governs: a workspace, a group, a member, a project.

The most specific one that has a policy wins: project, then member, then group (of
several groups the one that keeps longest), then the workspace.
"""

from dataclasses import dataclass
from enum import StrEnum

CONVERSATIONS = "conversations"
TEMPORARY_CHATS = "temporary_chats"


class ScopeKind(StrEnum):
    """What a policy is set for."""

    WORKSPACE = "workspace"
    GROUP = "group"
    MEMBER = "member"
    PROJECT = "project"


@dataclass(frozen=True)
class Scope:
    """One thing that has policies; `id` is its row, None for the workspace itself."""

    kind: ScopeKind
    id: int | None = None

    def __post_init__(self) -> None:
        if (self.id is None) is not (self.kind is ScopeKind.WORKSPACE):
            raise ValueError(self)


WORKSPACE = Scope(ScopeKind.WORKSPACE)


def member(membership_id: int) -> Scope:
    """What one member owns."""
    return Scope(ScopeKind.MEMBER, membership_id)
