"""An answer about what a member may do, with everything that it came from.

Slices that ask about things of their own (a GPT, a connector) answer in the same form
and add what they looked at.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

Value = str | frozenset[str]


class Where(StrEnum):
    """What was asked, in the order in which it speaks."""

    PLAN = "plan"
    STATUS = "status"
    SEAT = "seat"
    ROLE = "role"
    BASELINE = "baseline"
    RESOURCE = "resource"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One thing that was asked: what it said, and whether that decided.

    A role that says nothing (`said` is None) leaves it to the workspace. `id`, `name`,
    `is_direct` and `groups` are of a role: how the member comes to it.
    """

    where: Where
    said: Value | None
    decided: bool
    id: UUID | None = None
    name: str = ""
    is_direct: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Yes or no, the sentence that says why, what there is, and where from."""

    allowed: bool
    reason: str
    value: Value
    trail: tuple[Source, ...]

    def __bool__(self) -> bool:
        return self.allowed
