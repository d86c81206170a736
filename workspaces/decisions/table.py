"""The table of what can be asked about: a type of resource, and who decides about it.

Each kind knows its resources and its actions, and calls the evaluator of the slice that
owns them: the one that the screens call. A layer above registers its own kind when its
app starts. Questions come in bundles, so that a batch costs no more queries than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.tenancy.selectors import WorkspaceRef


class KindIsTaken(Exception):
    """Two kinds claim one type of resource."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question about a resource of a known type, for a member who is here."""

    by: Bundled
    action: str
    resource: str
    level: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Where and when questions are asked."""

    workspace: WorkspaceRef
    at: datetime


class Kind(Protocol):
    """Decides about one type of resource."""

    @property
    def name(self) -> str:
        """The type, as questions name it."""

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that its resources know."""

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> Sequence[Verdict | None]:
        """One verdict a question, in their order; None where there is no resource."""

    def candidates(
        self, *, by: Bundled, after: str, size: int, asked: Asked
    ) -> Sequence[str]:
        """At most `size` resources that the member might use, those after one of them.

        Fewer than `size` are the last ones.
        """


_kinds: dict[str, Kind] = {}
_UUID_LENGTH = 36


def register(kind: Kind) -> None:
    """Adds a kind; registering the same one again changes nothing."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise KindIsTaken(kind.name)


def kind(name: str) -> Kind | None:
    """The kind of that type of resource."""
    return _kinds.get(name)


def kinds() -> tuple[Kind, ...]:
    """All kinds, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))


def uuid_of(text: str) -> UUID | None:
    """The UUID of the usual spelling, and of no other."""
    try:
        return UUID(text) if len(text) == _UUID_LENGTH else None
    except ValueError:
        return None
