"""Decides which refusals are one source's, and how many sources a log names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from kit.actor import Actor

EVERY = timedelta(minutes=1)
"""How far apart two entries of one source are at least."""
MOST_SOURCES = 200
"""Sources of a log, by act, with entries of their own; all others share one."""
OTHERS = Actor.system("gathering")


class Because(StrEnum):
    """Why it was refused; the value stands in the details."""

    PERMISSION = "permission"
    SCOPE = "scope"
    NETWORK = "network"
    SESSION = "session"
    TENANT = "tenant"
    LIMIT = "limit"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Denial:
    """One refusal: who asked, in which log it stands, about what.

    `details` are names of ours (which page or operation, which permission): nothing
    that was sent. `also` goes with the first and tells no source apart. `address` is
    the network address as a source, an IPv6 customer whole.
    """

    actor: Actor
    action: str
    target_kind: str
    target: UUID
    organization_id: int
    workspace: UUID | None = None
    address: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> bytes:
        """What two refusals have in common that one entry may stand for."""
        parts = [
            self.organization_id,
            self.action,
            self.target_kind,
            str(self.target),
            self.actor.kind,
            self.actor.id,
            self.address,
            dict(self.details),
        ]
        return sha256(json.dumps(parts, sort_keys=True).encode()).digest()


def of_others(denial: Denial, *, log: UUID) -> Denial:
    """The refusal as one of the sources that are too many to name."""
    return Denial(
        actor=OTHERS,
        action=denial.action,
        target_kind="log",
        target=log,
        organization_id=denial.organization_id,
        details={"because": Because.OTHER},
    )
