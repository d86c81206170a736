"""Lets slices below the people reach them by mail: who is paged, who gets notice.

Who they are, and the outbox, belong to an app above: it registers both when it starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Reachable:
    """One person who may see and handle an organization's incidents."""

    person: UUID
    email: str = field(repr=False)
    is_owner: bool = False


class Desk(Protocol):
    """Knows who can be paged, and takes mail for them."""

    def reachable(self, *, organization_id: int) -> Sequence[Reachable]:
        """Who may see the incidents of the organization now, in a steady order."""
        ...

    def put(
        self, *, organization_id: int, email: str, subject: str, text: str, at: datetime
    ) -> None:
        """Stores a message in the open transaction; it is sent as often as it takes."""
        ...

    def audience(self, *, organization_id: int, workspace: UUID | None) -> int:
        """How many people a notice reaches: all active members of the workspace, or,
        without one, those who are reachable in the organization."""
        ...

    def give_notice(
        self,
        *,
        organization_id: int,
        workspace: UUID | None,
        subject: str,
        text: str,
        at: datetime,
    ) -> int:
        """Stores a message to each of the audience, as `put` does; returns how many."""
        ...


_desks: list[Desk] = []


class NoDeskIsRegistered(RuntimeError):
    """Nobody could be paged."""


def register(desk: Desk) -> None:
    """Sets the desk; the last one counts."""
    _desks[:] = [desk]


def desk() -> Desk:
    """The desk of this installation."""
    if not _desks:
        raise NoDeskIsRegistered
    return _desks[0]
