"""What members may use, with why; what the workspace gives, and which roles there are.

Everything about members is read once (`standings`), so that many questions about many
of them cost no more than one about one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, CharField, Q, QuerySet
from django.db.models import Value as Constant
from django.utils.translation import gettext as _

from kit import scoping
from kit.refusals import Refused
from workspaces.access import rules, words
from workspaces.access.features import (
    Feature,
    Value,
    default_of,
    on_plan,
    with_seat,
)
from workspaces.access.models import Baseline, CustomRole, RoleAssignment, RoleSetting
from workspaces.access.rules import Barrier, Held
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.groups.models import GroupMember
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.models import Workspace

_NO_GROUP = Constant("", output_field=CharField())
_NO_ROLE = Constant(0, output_field=BigIntegerField())
__all__ = ["Belongings", "Source", "Standing", "Verdict", "Where"]


class RoleIsGone(Refused):
    """The workspace has no such custom role."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What a member belongs to: by ids, what may be given to roles and groups."""

    role_ids: frozenset[int]
    group_ids: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One custom role of a member, and how they come to it."""

    role_id: int
    public_id: UUID
    name: str
    is_direct: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All that decides what one member may use."""

    status: str
    seat: str
    plan: str
    baseline: dict[Feature, Value]
    ways: tuple[_Way, ...]
    said: dict[tuple[int, Feature], Value]

    def verdict(self, feature: Feature, wanted: str = "") -> Verdict:
        """Whether the member may use the feature: at all, to a level, or by a name."""
        outcome = rules.evaluate(
            feature,
            baseline=self.baseline[feature],
            roles=[self._held(way, feature) for way in self.ways],
            barriers=self._barriers(feature),
        )
        value, trail = outcome.value, outcome.trail
        if not rules.is_known(feature, wanted):
            reason = words.unknown(feature, wanted)
            return Verdict(allowed=False, reason=reason, value=value, trail=trail)
        allowed = rules.covers(feature, value, wanted)
        reason = words.reason(
            feature, value=value, wanted=wanted, is_allowed=allowed, trail=trail
        )
        return Verdict(allowed=allowed, reason=reason, value=value, trail=trail)

    def _held(self, way: _Way, feature: Feature) -> Held:
        return Held(
            id=way.public_id,
            name=way.name,
            is_direct=way.is_direct,
            groups=way.groups,
            value=self.said.get((way.role_id, feature)),
        )

    def _barriers(self, feature: Feature) -> tuple[Barrier, ...]:
        return (
            Barrier(
                where=Where.PLAN,
                said=self.plan,
                closes=feature not in on_plan(self.plan),
            ),
            Barrier(
                where=Where.STATUS,
                said=self.status,
                closes=self.status != MembershipStatus.ACTIVE,
            ),
            Barrier(
                where=Where.SEAT,
                said=self.seat,
                closes=feature not in with_seat(self.seat),
            ),
        )


def decide(*, member: Membership, feature: Feature, wanted: str = "") -> Verdict:
    """Whether a member may use a feature: at all, to a level, or by a name."""
    return standing(member=member).verdict(feature, wanted)


def effective(*, member: Membership) -> dict[Feature, Verdict]:
    """Every feature for one member."""
    found = standing(member=member)
    return {feature: found.verdict(feature) for feature in Feature}


def standing(*, member: Membership) -> Standing:
    """All that decides about one member; ask it as often as needed."""
    found = standings(members=[member], plan=_plan(member.workspace_id))
    return found[member.pk]


def standings(*, members: Collection[Membership], plan: str) -> dict[int, Standing]:
    """All that decides about each of some members of one workspace, in two queries."""
    ways = _ways({one.pk for one in members})
    role_ids = {way.role_id for found in ways.values() for way in found}
    baseline, said = _settings(role_ids, plan=plan)
    return {
        one.pk: Standing(
            status=one.status,
            seat=one.seat,
            plan=plan,
            baseline=baseline,
            ways=ways.get(one.pk, ()),
            said=said,
        )
        for one in members
    }


def belongings(*, membership_id: int) -> Belongings:
    """The groups of a member, and their roles: given directly or through groups."""
    groups = GroupMember.objects.filter(membership_id=membership_id)
    group_ids = frozenset(groups.values_list("group_id", flat=True))
    rows = _assignments(membership_id, group_ids).values_list("role_id", flat=True)
    return Belongings(role_ids=frozenset(rows), group_ids=group_ids)


def baseline(*, feature: Feature) -> Value:
    """What the workspace whose scope is open gives of a feature."""
    scope = scoping.current()
    workspace_id = scope.workspace_id if scope else None
    given, _said = _settings((), plan=_plan(workspace_id or 0))
    return given[feature]


def one(*, role: UUID) -> CustomRole:
    """The custom role with that public id."""
    found = CustomRole.objects.filter(public_id=role).first()
    if found is None:
        raise RoleIsGone(_("This workspace has no such custom role."))
    return found


def value_of(row: Baseline | RoleSetting) -> Value:
    """The value that a row stores."""
    return row.value if row.names is None else frozenset(row.names)


def _plan(workspace_id: int) -> str:
    return Workspace.objects.values_list("plan", flat=True).get(pk=workspace_id)


def _ways(membership_ids: Collection[int]) -> dict[int, tuple[_Way, ...]]:
    """The custom roles of each member, with how they come to them: one query."""
    direct = RoleAssignment.objects.filter(membership_id__in=membership_ids)
    through = GroupMember.objects.filter(
        membership_id__in=membership_ids, group__roleassignment__isnull=False
    )
    role = ("role__public_id", "role__name", "role__folded_name")
    rows = direct.values_list("membership_id", "role_id", *role, _NO_GROUP).union(
        through.values_list(
            "membership_id",
            "group__roleassignment__role_id",
            *(f"group__roleassignment__{name}" for name in role),
            "group__name",
        ),
        all=True,
    )
    roles: dict[int, dict[tuple[Any, ...], set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for membership_id, *one, group in rows:
        roles[membership_id][tuple(one)].add(group)
    return {
        membership_id: tuple(
            _Way(
                role_id=role_id,
                public_id=public_id,
                name=name,
                is_direct="" in groups,
                groups=tuple(sorted(groups - {""})),
            )
            for (role_id, public_id, name, _folded), groups in sorted(
                found.items(), key=lambda one: one[0][3]
            )
        )
        for membership_id, found in roles.items()
    }


def _settings(
    role_ids: Collection[int], *, plan: str
) -> tuple[dict[Feature, Value], dict[tuple[int, Feature], Value]]:
    """What the workspace gives, and what these roles say: one query."""
    columns = ("feature", "value", "names")
    rows = Baseline.objects.values_list(_NO_ROLE, *columns)
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


def _assignments(membership_id: int, groups: object) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(
        Q(membership_id=membership_id) | Q(group_id__in=groups)
    )
