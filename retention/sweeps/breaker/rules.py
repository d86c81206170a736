"""Decides whether a sweep would take so much more than usual that a person must look.

What somebody was shown beforehand (the preview of a policy, or the numbers of a
stopped sweep that they confirmed) is announced and does not count. Of the rest small
numbers never stop a sweep; a large one does when it is a multiple of what sweeps of
the workspace usually take, or a great part of all that it stores.

Where a second person is asked for what a policy lets go, the same much may not go by a
change of groups, which no preview shows: that stops a sweep whatever the other limits.
And what a stopped sweep would take beyond what was announced needs two people by the
same threshold. Only what two people saw, or the operator answers for, counts as agreed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from retention.policies.safeguards.rules import Threshold, any_needs_second_person

# An average of less says nothing yet: then only the share counts.
FEWEST_SWEEPS = 3


class Cause(StrEnum):
    """Why a sweep was stopped; the value is stored."""

    MULTIPLE = "multiple"
    SHARE = "share"
    GROUPS = "groups"


NOBODY = Threshold(percent=None, number=None)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The settings of a workspace; `percent` is of what it stores.

    `threshold` says from how much on a second person is asked.
    """

    factor: int
    minimum: int
    percent: int
    threshold: Threshold = NOBODY


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a sweep planned, beside what is known of the workspace.

    `recent` holds what its last sweeps purged. By kind: `due` is what it planned,
    `by_groups` what of that is due only by changes of groups, `stored_of` what is
    stored; they may be empty where nobody is asked. `agreed` is what of `announced`
    a second person saw.
    """

    planned: int
    announced: int
    recent: Sequence[int]
    stored: int
    agreed: int = 0
    due: Mapping[str, int] = field(default_factory=dict)
    by_groups: Mapping[str, int] = field(default_factory=dict)
    stored_of: Mapping[str, int] = field(default_factory=dict)

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
    if _groups_take_too_much(load, limits):
        return Cause.GROUPS
    if load.unannounced <= limits.minimum:
        return None
    if load.usual is not None and load.unannounced > limits.factor * load.usual:
        return Cause.MULTIPLE
    if load.unannounced * 100 > limits.percent * load.stored:
        return Cause.SHARE
    return None


def reaches_threshold(load: Load, limits: Limits) -> bool:
    """Whether all that was planned is so much: where it is not, no part of it is."""
    return any_needs_second_person(
        limits.threshold, due=load.due, stored=load.stored_of, at_most=load.planned
    )


def needs_second_person(load: Load, limits: Limits) -> bool:
    """Whether one person may not let the sweep go on alone."""
    return _groups_take_too_much(load, limits) or any_needs_second_person(
        limits.threshold,
        due=load.due,
        stored=load.stored_of,
        at_most=load.unannounced,
    )


def _groups_take_too_much(load: Load, limits: Limits) -> bool:
    """What one person announced excuses nothing here: many small policies could."""
    return any_needs_second_person(
        limits.threshold,
        due=load.by_groups,
        stored=load.stored_of,
        at_most=max(0, load.planned - load.agreed),
    )
