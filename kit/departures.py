"""Knows what ends when a member leaves, and what comes back when they return.

Offboarding runs every registered ending inside one transaction, in their order. What
needs a call to somebody else's server is not made there: an ending asks for it, it
becomes a row with a due time, and the caller registered under its kind makes it later,
as often as it takes. What an ending only lent to somebody else comes back in the
transaction that lets the member in again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise

from kit.actor import Actor


class Projects(StrEnum):
    """What becomes of the projects of a member who is removed."""

    HAND_OVER = "hand_over"  # shared ones to who sees them already; the rest goes
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """The member who leaves or returns, by ids; their status has changed already."""

    organization_id: int
    workspace_id: int
    workspace: UUID
    membership_id: int
    member: UUID
    user_id: int
    person: UUID
    # The role is kept for who comes back; a removed member has none to come back to.
    is_removed: bool
    # Who takes over what can be handed over; without one each ending finds somebody.
    successor_id: int | None = None
    projects: Projects = Projects.HAND_OVER


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call to another server, to be made later; `arguments` holds ids only."""

    kind: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How many things an ending ended, and the calls that it leaves to be made."""

    count: int
    calls: tuple[Call, ...] = field(default_factory=tuple)


class CallFailed(Exception):
    """The other server did not do it; the call is made again later."""


End = Callable[[Actor, Leaver, datetime], Ended]
MakeCall = Callable[[Mapping[str, str]], None]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """One thing that ends; `name` is stored, `label` is what the report says."""

    name: str
    order: int
    label: str | Promise
    end: End


Comeback = Callable[[Actor, Leaver, datetime], int]


class AlreadyRegistered(Exception):
    """Two endings, two comebacks or two callers claim the same name."""


_comebacks: dict[str, Comeback] = {}
_endings: dict[str, Ending] = {}
_callers: dict[str, MakeCall] = {}


def register(ending: Ending) -> None:
    """Adds an ending; registering the same one again changes nothing."""
    if _endings.setdefault(ending.name, ending) != ending:
        raise AlreadyRegistered(ending.name)


def registered() -> tuple[Ending, ...]:
    """All endings, in the order in which they run."""
    return tuple(sorted(_endings.values(), key=lambda one: (one.order, one.name)))


def register_comeback(*, name: str, bring: Comeback) -> None:
    """Names who brings something back to a member who returns; how much, it says."""
    if _comebacks.setdefault(name, bring) is not bring:
        raise AlreadyRegistered(name)


def bring_back(*, actor: Actor, returning: Leaver, at: datetime) -> dict[str, int]:
    """Bring back what waits for a member who was let in again."""
    return {
        name: bring(actor, returning, at) for name, bring in sorted(_comebacks.items())
    }


def register_caller(*, kind: str, make: MakeCall) -> None:
    """Names who makes the calls of a kind; it may be called twice for one call."""
    if _callers.setdefault(kind, make) is not make:
        raise AlreadyRegistered(kind)


def caller_of(kind: str) -> MakeCall | None:
    """Who makes the calls of that kind, if this process knows."""
    return _callers.get(kind)


def label_of(name: str) -> str | Promise:
    """What a stored name of an ending means on the page."""
    found = _endings.get(name)
    return found.label if found else name
