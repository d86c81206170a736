"""Asks whoever decides it which conversations a member sees.

Only retention knows what is deleted or past its policy; it registers its answer when
its app starts, so that pages below it show no conversation that is hidden.
"""

from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import WorkspaceRef


class Visible(Protocol):
    """Answers with a member's own live conversations."""

    def __call__(
        self, *, workspace: WorkspaceRef, membership_id: int, at: datetime
    ) -> QuerySet[Conversation]: ...


class Unexpired(Protocol):
    """Leaves out of rows of one kind what a policy hides."""

    def __call__(
        self, rows: Any, *, kind: str, workspace_id: int, at: datetime
    ) -> Any: ...


class NobodyDecides(RuntimeError):
    """Nothing is registered; rather an error than a conversation that is hidden."""


_answers: list[Visible] = []
_unexpired: list[Unexpired] = []


def register(visible: Visible) -> None:
    """Sets who decides; the last one counts."""
    _answers[:] = [visible]


def register_unexpired(unexpired_rows: Unexpired) -> None:
    """Sets who decides about other kinds; the last one counts."""
    _unexpired[:] = [unexpired_rows]


def unexpired(rows: Any, *, kind: str, workspace_id: int, at: datetime) -> Any:
    """Those rows of one kind, a queryset, that no policy hides at `at`."""
    if not _unexpired:
        raise NobodyDecides
    return _unexpired[0](rows, kind=kind, workspace_id=workspace_id, at=at)


def visible_to(
    *, workspace: WorkspaceRef, membership_id: int, at: datetime
) -> QuerySet[Conversation]:
    """A member's own conversations that are neither deleted nor expired."""
    if not _answers:
        raise NobodyDecides
    return _answers[0](workspace=workspace, membership_id=membership_id, at=at)
