"""Asks whoever decides it which conversations a member sees.

Only retention knows what is deleted or past its policy; it registers its answer when
its app starts, so that pages below it show no conversation that is hidden.
"""

from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import WorkspaceRef


class Visible(Protocol):
    """Answers with a member's own live conversations."""

    def __call__(
        self, *, workspace: WorkspaceRef, membership_id: int, at: datetime
    ) -> QuerySet[Conversation]: ...


class NobodyDecides(RuntimeError):
    """Nothing is registered; rather an error than a conversation that is hidden."""


_answers: list[Visible] = []


def register(visible: Visible) -> None:
    """Sets who decides; the last one counts."""
    _answers[:] = [visible]


def visible_to(
    *, workspace: WorkspaceRef, membership_id: int, at: datetime
) -> QuerySet[Conversation]:
    """A member's own conversations that are neither deleted nor expired."""
    if not _answers:
        raise NobodyDecides
    return _answers[0](workspace=workspace, membership_id=membership_id, at=at)
