"""Decides what a member may use, and says where each answer comes from.

Roles add up. What a member has of a feature is the most that any of their custom roles
gives, where a role that says nothing gives what the workspace gives; without custom
roles it is what the workspace gives. So a role that says Off takes nothing from
somebody whose other role gives it, and only whoever has nothing but roles that say Off
is below the workspace. Plan, status and seat come first: no role opens what they close.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from uuid import UUID

from workspaces.access.features import (
    ALL,
    Feature,
    Kind,
    Value,
    kind_of,
    levels_of,
    nothing_of,
)
from workspaces.access.verdicts import Source, Where


@dataclass(frozen=True, kw_only=True)
class Held:
    """A custom role that a member has: how they come to it, and what it says.

    `value` is missing where the role leaves the feature to the workspace.
    """

    id: UUID
    name: str
    is_direct: bool
    groups: tuple[str, ...] = ()
    value: Value | None = None


@dataclass(frozen=True, kw_only=True)
class Barrier:
    """What closes a feature whatever roles say; `closes` tells whether it does."""

    where: Where
    said: str
    closes: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a member has of a feature, and everything that was asked."""

    value: Value
    trail: tuple[Source, ...]


def join(feature: Feature, values: Iterable[Value]) -> Value:
    """The most that several values give together."""
    return reduce(lambda a, b: _both(feature, a, b), values, nothing_of(feature))


def covers(feature: Feature, value: Value, wanted: str = "") -> bool:
    """Whether `value` gives what is wanted: a level, a name, or anything at all."""
    if isinstance(value, frozenset):
        return ALL in value or (wanted in value if wanted else bool(value))
    levels = levels_of(feature)
    least = levels.index(wanted) if wanted else 1
    return levels.index(value) >= least


def mark(said: Mapping[Feature, Value], grants: Iterable[str] = ()) -> str:
    """One short text that differs where settings or grants do."""
    plain = {
        one.value: sorted(v) if isinstance(v, frozenset) else v
        for one, v in said.items()
    }
    text = json.dumps([plain, sorted(grants)], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:32]


def is_known(feature: Feature, wanted: str) -> bool:
    """Whether somebody can ask for `wanted` of this feature."""
    if not wanted or kind_of(feature) is Kind.SET:
        return True
    return wanted in levels_of(feature)


def evaluate(
    feature: Feature,
    *,
    baseline: Value,
    roles: Sequence[Held],
    barriers: Sequence[Barrier] = (),
) -> Outcome:
    """What a member has of `feature`; the first barrier that closes it decides."""
    closing = next((one for one in barriers if one.closes), None)
    given = [baseline if one.value is None else one.value for one in roles]
    value = join(feature, given) if roles else baseline
    marks = [closing is None and _decides(one, value) for one in given]
    inherits = not roles or any(
        mark and role.value is None for mark, role in zip(marks, roles, strict=True)
    )
    trail = (
        *(
            Source(where=one.where, said=one.said, decided=one is closing)
            for one in barriers
        ),
        *(_source(r, decided=mark) for r, mark in zip(roles, marks, strict=True)),
        Source(
            where=Where.BASELINE, said=baseline, decided=inherits and closing is None
        ),
    )
    return Outcome(value=nothing_of(feature) if closing else value, trail=trail)


def _both(feature: Feature, one: Value, other: Value) -> Value:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        both = one | other
        return frozenset({ALL}) if ALL in both else both
    return max(str(one), str(other), key=levels_of(feature).index)


def _decides(given: Value, value: Value) -> bool:
    """Whether what one source gives is part of the answer."""
    if isinstance(given, frozenset) and ALL not in value:
        return bool(given) or not value
    return given == value


def _source(role: Held, *, decided: bool) -> Source:
    return Source(
        where=Where.ROLE,
        said=role.value,
        decided=decided,
        id=role.id,
        name=role.name,
        is_direct=role.is_direct,
        groups=role.groups,
    )
