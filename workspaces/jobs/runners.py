"""The kinds of jobs and what runs them; slices above register theirs at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a finished job leaves: a sentence, and a file where there is one."""

    message: str
    blob_id: UUID | None = None
    file_name: str = ""


class Run(Protocol):
    """One claimed job, as its runner sees it."""

    organization_id: int
    workspace_id: int | None
    public_id: UUID
    requested_by: str
    arguments: Mapping[str, Any]

    def progress(self, *, done: int, total: int | None, message: str = "") -> None:
        """Keep the lease and tell how far; raises when canceled or taken over."""

    def now(self) -> datetime:
        """The time, for what the runner writes."""


Runner = Callable[[Run], Outcome]


class KindIsTaken(Exception):
    """Two runners were registered for one kind."""


_runners: dict[str, Runner] = {}


def register(*, kind: str, runner: Runner) -> None:
    """Name the runner of a kind of job, once, from `AppConfig.ready`."""
    if _runners.get(kind, runner) is not runner:
        raise KindIsTaken(kind)
    _runners[kind] = runner


def of(kind: str) -> Runner | None:
    """The runner of that kind, if this process knows it."""
    return _runners.get(kind)
