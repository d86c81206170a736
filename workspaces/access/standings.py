"""Reads what decides about members, and about one: two queries, however many they are.

The groups of a member come with the roles that they carry, the settings of the
workspace with those of the roles. Nothing is joined but what a handful of ids selects.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, CharField
from django.db.models import Value as Constant

from workspaces.access.features import Feature, Value, default_of
from workspaces.access.models import Baseline, CustomRole, RoleAssignment, RoleSetting
from workspaces.access.selectors import Standing, Way
from workspaces.groups.models import GroupMember
from workspaces.members.models import Membership

_NO_NUMBER = Constant(0, output_field=BigIntegerField())
_NO_NAME = Constant("", output_field=CharField())
_ROLE = ("role_id", "role__public_id", "role__name", "role__folded_name")


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """What decides about one member, with all their groups."""

    standing: Standing
    group_ids: frozenset[int]

    @property
    def role_ids(self) -> frozenset[int]:
        """The custom roles that they have, directly or through groups."""
        return frozenset(way.role.pk for way in self.standing.ways)


def of(*, members: Collection[Membership], plan: str) -> dict[int, Bundled]:
    """What decides about each of some members of one workspace, by their ids."""
    found = _belongings({one.pk for one in members})
    role_ids = {role.pk for one in found.values() for role in one.roles.values()}
    baseline, said = _settings(role_ids, plan=plan)
    return {
        one.pk: Bundled(
            standing=Standing(
                status=one.status,
                seat=one.seat,
                plan=plan,
                baseline=baseline,
                ways=found[one.pk].ways(),
                said=said,
            ),
            group_ids=frozenset(found[one.pk].group_ids),
        )
        for one in members
    }


@dataclass
class _Belonging:
    """What is being read of one member."""

    group_ids: set[int] = field(default_factory=set)
    roles: dict[int, CustomRole] = field(default_factory=dict)
    through: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    direct: set[int] = field(default_factory=set)

    def add(self, group_id: int, group: str, role: tuple[Any, ...]) -> None:
        """One row: a group, with a role that it carries, or a role given directly."""
        if group_id:
            self.group_ids.add(group_id)
        role_id, public_id, name, folded_name = role
        if not role_id:
            return
        self.roles[role_id] = CustomRole(
            id=role_id, public_id=public_id, name=name, folded_name=folded_name
        )
        if group_id:
            self.through[role_id].add(group)
        else:
            self.direct.add(role_id)

    def ways(self) -> tuple[Way, ...]:
        return tuple(
            Way(
                role=role,
                is_direct=role.pk in self.direct,
                groups=tuple(sorted(self.through[role.pk])),
            )
            for role in sorted(self.roles.values(), key=lambda one: one.folded_name)
        )


def _belongings(membership_ids: Collection[int]) -> dict[int, _Belonging]:
    assigned = RoleAssignment.objects.filter(membership_id__in=membership_ids)
    grouped = GroupMember.objects.filter(membership_id__in=membership_ids)
    rows = assigned.values_list("membership_id", _NO_NUMBER, _NO_NAME, *_ROLE).union(
        grouped.values_list(
            "membership_id",
            "group_id",
            "group__name",
            *(f"group__roleassignment__{name}" for name in _ROLE),
        ),
        all=True,
    )
    found: dict[int, _Belonging] = defaultdict(_Belonging)
    for membership_id, group_id, group, *role in rows:
        found[membership_id or 0].add(group_id, group, tuple(role))
    return found


def _settings(
    role_ids: Collection[int], *, plan: str
) -> tuple[dict[Feature, Value], dict[tuple[int, Feature], Value]]:
    """What the workspace gives, and what these roles say."""
    columns = ("feature", "value", "names")
    rows = Baseline.objects.values_list(_NO_NUMBER, *columns)
    if role_ids:
        own = RoleSetting.objects.filter(role_id__in=role_ids)
        rows = rows.union(own.values_list("role_id", *columns), all=True)
    baseline: dict[Feature, Value] = {
        one: default_of(one, plan=plan) for one in Feature
    }
    said: dict[tuple[int, Feature], Value] = {}
    for role_id, feature, word, names in rows:
        value = word if names is None else frozenset(names)
        if role_id:
            said[role_id, Feature(feature)] = value
        else:
            baseline[Feature(feature)] = value
    return baseline, said
