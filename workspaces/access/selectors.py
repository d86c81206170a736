"""What members may use, with why; what the workspace gives, and which roles there are.

Everything about one member is read once (`standing`), so that many questions about
them cost no more than one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from kit import scoping
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import rules, storage, words
from workspaces.access.effects import State
from workspaces.access.features import (
    Feature,
    Value,
    default_of,
    on_plan,
    with_seat,
)
from workspaces.access.models import (
    Baseline,
    CustomRole,
    RoleAssignment,
    RoleGrant,
    RoleSetting,
)
from workspaces.access.rules import Barrier, Held
from workspaces.access.storage import Crowd
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.groups import selectors as groups
from workspaces.groups.models import Group, GroupMember
from workspaces.groups.selectors import Counted
from workspaces.members import selectors as people
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles.matrix import Role, grantable_on, permissions_of
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_NEWEST: keyset.Order = (("id", "desc"),)

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
class Given:
    """Groups and members to whom a role is given directly, by ids."""

    group_ids: frozenset[int]
    member_ids: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """To how many a role is given."""

    members: int = 0
    groups: int = 0


@dataclass(frozen=True, kw_only=True)
class Power:
    """One permission of a member: whether they hold it, and what gives it."""

    permission: Permission
    allowed: bool
    by_role: bool
    by_custom_roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One custom role of a member, and how they come to it."""

    role: CustomRole
    is_direct: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All that decides what one member may use."""

    status: str
    seat: str
    plan: str
    baseline: dict[Feature, Value]
    ways: tuple[Way, ...]
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

    def _held(self, way: Way, feature: Feature) -> Held:
        return Held(
            id=way.role.public_id,
            name=way.role.name,
            is_direct=way.is_direct,
            groups=way.groups,
            value=self.said.get((way.role.pk, feature)),
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
    plan = _plan(member.workspace_id)
    ways = _ways(member.pk)
    return Standing(
        status=member.status,
        seat=member.seat,
        plan=plan,
        baseline=_baselines(plan),
        ways=ways,
        said=_said([way.role.pk for way in ways]),
    )


def belongings(*, membership_id: int) -> Belongings:
    """The groups of a member, and their roles: given directly or through groups."""
    groups = GroupMember.objects.filter(membership_id=membership_id)
    group_ids = frozenset(groups.values_list("group_id", flat=True))
    role_ids = frozenset(role_id for role_id, _group in _assigned(membership_id))
    return Belongings(role_ids=role_ids, group_ids=group_ids)


def baseline(*, feature: Feature) -> Value:
    """What the workspace whose scope is open gives of a feature."""
    scope = scoping.current()
    workspace_id = scope.workspace_id if scope else None
    return _baselines(_plan(workspace_id or 0))[feature]


def state(*, workspace: WorkspaceRef) -> State:
    """What the workspace and all of its custom roles say and grant."""
    said: dict[int, dict[Feature, Value]] = {one.pk: {} for one in roles()}
    for row in RoleSetting.objects.all():
        said[row.role_id][Feature(row.feature)] = value_of(row)
    grants: dict[int, frozenset[str]] = {}
    for grant in RoleGrant.objects.all():
        held = grants.get(grant.role_id, frozenset())
        grants[grant.role_id] = held | {grant.permission}
    return State(
        plan=workspace.plan,
        baseline=_baselines(workspace.plan),
        said=said,
        grants=grants,
    )


def set_features() -> frozenset[Feature]:
    """The features that the workspace sets itself, apart from its plan."""
    found = Baseline.objects.values_list("feature", flat=True)
    return frozenset(Feature(one) for one in found)


def crowds(*, workspace: WorkspaceRef) -> list[Crowd]:
    """All active members, by what decides about them."""
    return storage.crowds(workspace_id=workspace.id)


def roles() -> list[CustomRole]:
    """The custom roles by name; there are 100 at most."""
    return list(CustomRole.objects.order_by("folded_name", "id"))


def reach() -> dict[int, Reach]:
    """To how many groups and members each role is given, by the role's id."""
    rows = (
        RoleAssignment.objects.values("role_id")
        .annotate(members=Count("membership_id"), groups=Count("group_id"))
        .order_by("role_id")
    )
    return {
        row["role_id"]: Reach(members=row["members"], groups=row["groups"])
        for row in rows
    }


def members_with(
    *, role: CustomRole, after: str | None = None, size: int = 50
) -> tuple[keyset.Page[RoleAssignment], dict[int, Membership]]:
    """One page of those whom a role is given to directly, the newest first."""
    found = RoleAssignment.objects.filter(role=role, membership__isnull=False)
    page = keyset.page(found, order=_NEWEST, after=after, size=size)
    return page, people.by_id(ids=[row.membership_id or 0 for row in page.rows])


def groups_with(
    *, role: CustomRole, after: str | None = None, size: int = 50
) -> tuple[keyset.Page[RoleAssignment], dict[int, Counted]]:
    """One page of the groups that carry a role, the newest first."""
    found = RoleAssignment.objects.filter(role=role, group__isnull=False)
    page = keyset.page(found, order=_NEWEST, after=after, size=size)
    ids = [row.group_id or 0 for row in page.rows]
    counted = groups.counted_of(ids=ids)
    return page, {one.group.pk: one for one in counted}


def given_among(
    *, role: CustomRole, groups: Collection[int], members: Collection[int]
) -> Given:
    """Which of these groups and members a role is given to directly."""
    rows = RoleAssignment.objects.filter(role=role)
    of_groups = rows.filter(group_id__in=groups).values_list("group_id", flat=True)
    of_members = rows.filter(membership_id__in=members)
    return Given(
        group_ids=frozenset(one or 0 for one in of_groups),
        member_ids=frozenset(
            one or 0 for one in of_members.values_list("membership_id", flat=True)
        ),
    )


def granted_by(*, role: CustomRole) -> frozenset[str]:
    """The permissions that a role grants."""
    rows = RoleGrant.objects.filter(role=role)
    return frozenset(rows.values_list("permission", flat=True))


def powers(*, member: Membership, workspace: WorkspaceRef) -> list[Power]:
    """Everything that somebody can be permitted here, and what permits it."""
    ways = _ways(member.pk)
    granted: dict[str, list[str]] = defaultdict(list)
    rows = RoleGrant.objects.filter(role_id__in=[way.role.pk for way in ways])
    by_role = {way.role.pk: way for way in ways}
    for row in rows.order_by("role__folded_name", "id"):
        way = by_role[row.role_id]
        granted[row.permission].append(
            words.role_with_path(
                name=way.role.name, is_direct=way.is_direct, groups=way.groups
            )
        )
    is_in = member.status == MembershipStatus.ACTIVE
    own = permissions_of(role=member.role, plan=workspace.plan)
    possible = grantable_on(workspace.plan) | permissions_of(
        role=Role.OWNER, plan=workspace.plan
    )
    return [
        Power(
            permission=one,
            allowed=is_in and (one in own or one in granted),
            by_role=one in own,
            by_custom_roles=tuple(granted[one]) if one in granted else (),
        )
        for one in Permission
        if one in possible
    ]


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


def _baselines(plan: str) -> dict[Feature, Value]:
    found: dict[Feature, Value] = {one: default_of(one, plan=plan) for one in Feature}
    for row in Baseline.objects.all():
        found[Feature(row.feature)] = value_of(row)
    return found


def _ways(membership_id: int) -> tuple[Way, ...]:
    rows = _assigned(membership_id)
    if not rows:
        return ()
    roles = CustomRole.objects.in_bulk({role_id for role_id, _group in rows})
    groups = Group.objects.in_bulk({group for _role, group in rows if group})
    through = defaultdict(set)
    for role_id, group_id in rows:
        if group_id:
            through[role_id].add(groups[group_id].name)
    direct = {role_id for role_id, group_id in rows if not group_id}
    return tuple(
        Way(
            role=role,
            is_direct=role.pk in direct,
            groups=tuple(sorted(through[role.pk])),
        )
        for role in sorted(roles.values(), key=lambda one: one.folded_name)
    )


def _assigned(membership_id: int) -> list[tuple[int, int | None]]:
    """Each role that a member has, with the group that gives it (none: directly).

    One statement of two parts: asked with `or`, it would read all that is assigned.
    """
    groups = GroupMember.objects.filter(membership_id=membership_id).values("group_id")
    columns = ("role_id", "group_id")
    direct = RoleAssignment.objects.filter(membership_id=membership_id)
    through = RoleAssignment.objects.filter(group_id__in=groups)
    return list(
        direct.values_list(*columns).union(through.values_list(*columns), all=True)
    )


def _said(role_ids: Collection[int]) -> dict[tuple[int, Feature], Value]:
    if not role_ids:
        return {}
    rows = RoleSetting.objects.filter(role_id__in=role_ids)
    return {(row.role_id, Feature(row.feature)): value_of(row) for row in rows}
