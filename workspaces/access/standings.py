"""Reads members with all that decides about them: one statement, however many they are.

This is what every decision of a front end begins with, so it is written by hand: who
they are, their groups and roles, and what the workspace and those roles say come back
together. Nothing is joined but what a handful of members selects.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kit import statements
from workspaces.access.features import Feature, Value, default_of
from workspaces.access.models import CustomRole
from workspaces.access.selectors import Standing, Way
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

# What of a membership is read; the rest of it is deferred.
_READ_OF_MEMBERS = frozenset(
    {"id", "workspace_id", "user_id", "public_id", "email", "name", "role", "status"}
    | {"seat", "generation"}
)
_COLUMNS = tuple(
    one.attname
    for one in Membership._meta.concrete_fields
    if one.attname in _READ_OF_MEMBERS
)
_ARRAY = ", ".join(f"m.{name}" for name in _COLUMNS)
_READ = f"""
with m as materialized (
    select {", ".join(_COLUMNS)} from workspaces_membership
    where workspace_id = %(workspace)s and {{which}}
), b as materialized (
    select a.membership_id, 0 group_id, '' group_name, a.role_id
    from m join workspaces_roleassignment a
        on a.workspace_id = %(workspace)s and a.membership_id = m.id
    union all
    select i.membership_id, i.group_id, g.name, a.role_id
    from m join workspaces_groupmember i
        on i.workspace_id = %(workspace)s and i.membership_id = m.id
    join workspaces_group g on g.id = i.group_id
    left join workspaces_roleassignment a
        on a.workspace_id = %(workspace)s and a.group_id = i.group_id
)
select
    (select json_agg(json_build_array({_ARRAY}) order by m.id) from m),
    (select json_agg(json_build_array(
        b.membership_id, b.group_id, b.group_name, r.id, r.public_id, r.name,
        r.folded_name)) from b left join workspaces_customrole r on r.id = b.role_id),
    (select json_agg(json_build_array(s.role_id, s.feature, s.value, s.names)) from (
        select 0 role_id, feature, value, names from workspaces_baseline
        where workspace_id = %(workspace)s
        union all
        select role_id, feature, value, names from workspaces_rolesetting
        where role_id = any (array(select b.role_id from b where b.role_id > 0))
    ) s)
"""  # noqa: S608 -- constants
_OF_IDS = _READ.format(which="id = any(%(ids)s::bigint[])")
_NAMED = _READ.format(
    which="(public_id = any(%(public_ids)s) or email = any(%(addresses)s))"
    " and status <> 'removed'"
)
# One is the usual number, and `=` lets the server keep its plan.
_OF_PUBLIC_ID = _READ.format(which="public_id = %(one)s and status <> 'removed'")
_OF_ADDRESS = _READ.format(which="email = %(one)s and status <> 'removed'")
_AFTER = _READ.format(
    which="id in (select id from workspaces_membership"
    " where workspace_id = %(workspace)s and status = 'active' and id > %(after)s"
    " order by id limit %(size)s)"
)


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """A member with what decides about them, and with all their groups."""

    member: Membership
    standing: Standing
    group_ids: frozenset[int]

    @property
    def role_ids(self) -> frozenset[int]:
        """The custom roles that they have, directly or through groups."""
        return frozenset(way.role.pk for way in self.standing.ways)


def of(*, ids: Collection[int], workspace: WorkspaceRef) -> dict[int, Bundled]:
    """These members, removed ones included, by their ids."""
    found = _read(_OF_IDS, workspace, ids=list(ids))
    return {one.member.pk: one for one in found}


def named(
    *,
    public_ids: Collection[UUID],
    addresses: Collection[str],
    workspace: WorkspaceRef,
) -> list[Bundled]:
    """Members who were not removed, by public id or by folded e-mail address."""
    if len(public_ids) == 1 and not addresses:
        return _read(_OF_PUBLIC_ID, workspace, one=next(iter(public_ids)))
    if len(addresses) == 1 and not public_ids:
        return _read(_OF_ADDRESS, workspace, one=next(iter(addresses)))
    return _read(
        _NAMED, workspace, public_ids=list(public_ids), addresses=list(addresses)
    )


def active_after(*, after: int, size: int, workspace: WorkspaceRef) -> list[Bundled]:
    """At most `size` active members, those after one of them in the order of ids."""
    return _read(_AFTER, workspace, after=after, size=size)


def _read(sql: str, workspace: WorkspaceRef, **which: Any) -> list[Bundled]:
    rows = statements.row(sql, {"workspace": workspace.id, **which})
    members, belongings, settings = (
        json.loads(one) if isinstance(one, str) else one or [] for one in rows
    )
    baseline, said = _settings(settings, plan=workspace.plan)
    found: dict[int, _Belonging] = defaultdict(_Belonging)
    for membership_id, group_id, group, *role in belongings:
        found[membership_id].add(group_id, group, role)
    return [
        _bundled(one, found[one[0]], workspace.plan, baseline, said) for one in members
    ]


@dataclass
class _Belonging:
    """What is being read of one member."""

    group_ids: set[int] = field(default_factory=set)
    roles: dict[int, CustomRole] = field(default_factory=dict)
    through: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    direct: set[int] = field(default_factory=set)

    def add(self, group_id: int, group: str, role: list[Any]) -> None:
        """One row: a group, with a role that it carries, or a role given directly."""
        if group_id:
            self.group_ids.add(group_id)
        role_id, public_id, name, folded_name = role
        if not role_id:
            return
        if role_id not in self.roles:
            self.roles[role_id] = CustomRole(
                id=role_id,
                public_id=UUID(public_id),
                name=name,
                folded_name=folded_name,
            )
        if group_id:
            self.through[role_id].add(group)
        else:
            self.direct.add(role_id)

    def ways(self) -> tuple[Way, ...]:
        """The roles by name, with how the member comes to each."""
        return tuple(
            Way(
                role=role,
                is_direct=role.pk in self.direct,
                groups=tuple(sorted(self.through[role.pk])),
            )
            for role in sorted(self.roles.values(), key=lambda one: one.folded_name)
        )


def _bundled(
    columns: list[Any],
    belonging: _Belonging,
    plan: str,
    baseline: dict[Feature, Value],
    said: dict[tuple[int, Feature], Value],
) -> Bundled:
    named = dict(zip(_COLUMNS, columns, strict=True))
    named["public_id"] = UUID(named["public_id"])
    member = Membership.from_db("default", list(_COLUMNS), list(named.values()))
    return Bundled(
        member=member,
        standing=Standing(
            status=member.status,
            seat=member.seat,
            plan=plan,
            baseline=baseline,
            ways=belonging.ways(),
            said=said,
        ),
        group_ids=frozenset(belonging.group_ids),
    )


def _settings(
    rows: list[list[Any]], *, plan: str
) -> tuple[dict[Feature, Value], dict[tuple[int, Feature], Value]]:
    """What the workspace gives, and what the roles say."""
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
