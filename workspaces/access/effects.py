"""Counts whom a change of roles would touch, by asking the evaluator before and after.

Nobody writes a second rule: each crowd of members for whom the same things decide is
evaluated twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kit.permissions import Permission
from workspaces.access import rules
from workspaces.access.features import Feature, Value, with_seat
from workspaces.access.storage import Crowd
from workspaces.roles.matrix import grantable_on, permissions_of


@dataclass(frozen=True, kw_only=True)
class State:
    """What a workspace and all of its custom roles say."""

    plan: str
    baseline: Mapping[Feature, Value]
    said: Mapping[int, Mapping[Feature, Value]] = field(default_factory=dict)
    grants: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def with_baseline(self, changed: Mapping[Feature, Value]) -> "State":
        """The same with another baseline."""
        return replace(self, baseline={**self.baseline, **changed})

    def with_role(
        self, role_id: int, *, said: Mapping[Feature, Value], grants: frozenset[str]
    ) -> "State":
        """The same with a role that says and grants something else."""
        return replace(
            self,
            said={**self.said, role_id: said},
            grants={**self.grants, role_id: grants},
        )

    def without_role(self, role_id: int) -> "State":
        """The same with a role gone."""
        said = {one: value for one, value in self.said.items() if one != role_id}
        return replace(self, said=said)

    def value(self, feature: Feature, crowd: Crowd) -> Value:
        """What the members of a crowd have of a feature."""
        if feature not in with_seat(crowd.seat):
            return rules.join(feature, [])
        baseline = self.baseline[feature]
        held = [self.said[one] for one in crowd.custom_roles if one in self.said]
        given = [said.get(feature, baseline) for said in held]
        return rules.join(feature, given) if held else baseline

    def permissions(self, crowd: Crowd) -> frozenset[Permission]:
        """What the members of a crowd may do."""
        granted: frozenset[str] = frozenset()
        for one in crowd.custom_roles:
            if one in self.said:
                granted |= self.grants.get(one, frozenset())
        return permissions_of(role=crowd.role, plan=self.plan, granted=granted)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How many members have more of something afterwards, and how many less."""

    gain: int = 0
    lose: int = 0

    def __bool__(self) -> bool:
        return bool(self.gain or self.lose)


def on_features(
    crowds: Iterable[Crowd], *, before: State, after: State
) -> dict[Feature, Effect]:
    """Whom the change gives or takes of each feature; only where it does."""
    found = list(crowds)
    effects = {one: _effect(found, one, before, after) for one in Feature}
    return {one: effect for one, effect in effects.items() if effect}


def on_permissions(
    crowds: Iterable[Crowd], *, before: State, after: State
) -> dict[Permission, Effect]:
    """Whom the change gives or takes each permission; only where it does."""
    gain = dict.fromkeys(Permission, 0)
    lose = dict.fromkeys(Permission, 0)
    for crowd in crowds:
        had, has = before.permissions(crowd), after.permissions(crowd)
        for one in has - had:
            gain[one] += crowd.people
        for one in had - has:
            lose[one] += crowd.people
    return {
        one: Effect(gain=gain[one], lose=lose[one])
        for one in Permission
        if one in grantable_on(before.plan) and (gain[one] or lose[one])
    }


def _effect(
    crowds: list[Crowd], feature: Feature, before: State, after: State
) -> Effect:
    gain = lose = 0
    for crowd in crowds:
        had, has = before.value(feature, crowd), after.value(feature, crowd)
        both = rules.join(feature, [had, has])
        gain += crowd.people if both != had else 0
        lose += crowd.people if both != has else 0
    return Effect(gain=gain, lose=lose)
