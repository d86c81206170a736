"""Decides whether a sweep would take so much more than usual that a person must look.

What somebody was shown beforehand (the preview of a policy, or the numbers of a
stopped sweep that they confirmed) is announced and does not count. Of the rest small
numbers never stop a sweep; a large one does when it is a multiple of what sweeps of
the workspace usually take, or a great part of all that it stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# An average of less says nothing yet: then only the share counts.
FEWEST_SWEEPS = 3


class Cause(StrEnum):
    """Why a sweep was stopped; the value is stored."""

    MULTIPLE = "multiple"
    SHARE = "share"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The settings of a workspace; `percent` is of what it stores."""

    factor: int
    minimum: int
    percent: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a sweep planned, beside what is known of the workspace.

    `recent` holds what its last sweeps purged.
    """

    planned: int
    announced: int
    recent: Sequence[int]
    stored: int

    @property
    def unannounced(self) -> int:
        """What nobody was shown before."""
        return max(0, self.planned - self.announced)

    @property
    def usual(self) -> int | None:
        """The average of the last sweeps; None where there are too few."""
        if len(self.recent) < FEWEST_SWEEPS:
            return None
        return sum(self.recent) // len(self.recent)


def cause_to_stop(load: Load, limits: Limits) -> Cause | None:
    """Why the sweep has to wait for a person; None where it may go on."""
    if load.unannounced <= limits.minimum:
        return None
    if load.usual is not None and load.unannounced > limits.factor * load.usual:
        return Cause.MULTIPLE
    if load.unannounced * 100 > limits.percent * load.stored:
        return Cause.SHARE
    return None
