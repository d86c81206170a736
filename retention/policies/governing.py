"""Reads every policy of some workspaces, as the timelines that the rules compare with.

What is said once here: which versions count on a plan, what holds where nothing was
set, that floor and ceiling bound all of them, and what becomes of the chats of members
who left a workspace whose members decide: their own window goes on; with none, they
expire `LEFT_DAYS` days after the day they left.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from kit import content_kinds
from kit.content_kinds import Governed, UndoRule
from retention.eligibility import precedence, rules
from retention.eligibility.precedence import (
    ALL_ALONG,
    Chain,
    Limits,
    ScopeCutoffs,
    Stay,
)
from retention.eligibility.rules import Cutoffs, Version
from retention.eligibility.scopes import (
    CONVERSATIONS,
    TEMPORARY_CHATS,
    WORKSPACE,
    Scope,
    ScopeKind,
)
from retention.policies.rules import governs
from workspaces.groups.models import FormerGroupMember, GroupMember
from workspaces.groups.rules import KEPT_DAYS
from workspaces.projects.models import Project
from workspaces.tenancy import plans
from workspaces.tenancy.plans import Promises, RetentionSetter

LEFT_DAYS = 30
"""How long chats of a member who left, and had set no window, stay visible to them
again should they return; then they expire."""

# Floors and ceilings come along as rows of a scope of their own: one question to ask.
_BOUNDS = "bounds"
_VERSIONS = f"""
select w.id, w.plan, w.policy_grace_hours, p.content_kind, p.scope_kind,
       coalesce(p.group_id, p.membership_id, p.project_id), p.is_own, p.version, p.days,
       p.undo_days, p.set_at, p.in_force_at, p.is_withdrawal
from workspaces_workspace w left join retention_policy p on p.workspace_id = w.id
where w.id = any(%(workspaces)s::bigint[])
union all
select workspace_id, null, null, content_kind, '{_BOUNDS}', null, false, version,
       floor_days, ceiling_days, set_at, in_force_at, false
from retention_policybounds where workspace_id = any(%(workspaces)s::bigint[])
order by 1, 2, 8
"""  # noqa: S608 -- constants
_LEFT = """
select m.workspace_id, m.id, max(r.created_at)
from workspaces_membership m
join workspaces_offboardingreport r
  on r.workspace_id = m.workspace_id and r.membership_id = m.id
where m.workspace_id = any(%(workspaces)s::bigint[]) and m.status = 'removed'
  and r.departure = 'removed'
group by m.workspace_id, m.id
"""

Key = tuple[int, str, Scope]


@dataclass(frozen=True, kw_only=True)
class Timelines:
    """What governs, scope by scope: each version inside the bounds of its time.

    `pieces` has the workspace's own scope for every governed kind, others only where
    they have versions that count. `grace` is the grace period of each workspace.
    """

    promises: dict[int, Promises]
    pieces: dict[Key, list[Version]]
    grace: dict[int, timedelta] = field(default_factory=dict)

    def of(self, workspace_id: int, content_kind: str, scope: Scope) -> list[Version]:
        """The timeline of one scope; empty where it never had a policy."""
        return self.pieces.get((workspace_id, content_kind, scope), [])


def timelines(
    *,
    workspace_ids: Sequence[int],
    at: datetime,
    planned: Mapping[Key, Version | Limits] | None = None,
    known_at: datetime | None = None,
    using: str = "default",
) -> Timelines:
    """Every scope of these workspaces, read afresh, to a clock that reads `at`.

    `planned` are versions, of policies or of a workspace's bounds, that nobody has set
    yet, as if they were stored. With `known_at` it is as it was known then: what was
    set later is left out.
    """
    promises: dict[int, Promises] = {}
    grace: dict[int, timedelta] = {}
    versions: dict[Key, list[Version]] = defaultdict(list)
    limits: dict[tuple[int, str], list[Limits]] = defaultdict(list)
    # Nulls come last: a workspace's plan is known before its bounds.
    for workspace_id, plan, hours, kind, named, scope_id, is_own, *columns in _rows(
        using, _VERSIONS, workspace_ids
    ):
        if plan is not None:
            promises[workspace_id] = plans.of(plan)
            grace[workspace_id] = timedelta(hours=hours)
        setter = promises[workspace_id].retention_setter
        if kind is None or not governs(setter, is_own=is_own):
            continue
        # The columns of a version and of bounds agree from `set_at` on.
        if known_at is not None and columns[-3] > known_at:
            continue
        if named == _BOUNDS:
            stored = rules.as_seen(_limits(columns), at=at)
            limits[workspace_id, kind].append(stored)
            continue
        scope = Scope(ScopeKind(named), scope_id)
        version = rules.as_seen(_version(scope, columns), at=at)
        versions[workspace_id, kind, scope].append(version)
    for key, coming in (planned or {}).items():
        if isinstance(coming, Limits):
            limits[key[0], key[1]].append(coming)
            continue
        versions[key].append(replace(coming, label=label_of(key[2], coming)))
    _add_left(versions, promises, using=using)
    kinds = {kind.name: kind for kind in content_kinds.governed()}
    pieces = {
        key: _pieces(key, kinds[key[1]], promises[key[0]], versions, limits)
        for key in dict.fromkeys(
            [(w, kind, WORKSPACE) for w in promises for kind in kinds]
            + [key for key in versions if key[1] in kinds]
        )
    }
    return Timelines(promises=promises, pieces=pieces, grace=grace)


@dataclass(frozen=True, kw_only=True)
class Chains:
    """Looks up what may govern an item of one workspace, by owner and project.

    `groups` are those that an owner is in, or left lately; `stays` their times in each.
    `deleted` says since when a project with a policy is.
    """

    workspace_id: int
    known: Timelines
    groups: Mapping[int, list[int]]
    stays: Mapping[tuple[int, int], list[Stay]] = field(default_factory=dict)
    deleted: Mapping[int, datetime] = field(default_factory=dict)

    def scopes_of(self, *, owner_id: int, project_id: int | None = None) -> list[Scope]:
        """The scopes that one item is in, the narrowest first."""
        found = [] if project_id is None else [Scope(ScopeKind.PROJECT, project_id)]
        found.append(Scope(ScopeKind.MEMBER, owner_id))
        found += [Scope(ScopeKind.GROUP, one) for one in self.groups.get(owner_id, ())]
        return [*found, WORKSPACE]

    def of(
        self, *, content_kind: str, owner_id: int, project_id: int | None = None
    ) -> Chain:
        """The timelines of one item."""
        found: dict[ScopeKind, list[list[Version]]] = defaultdict(list)
        stays: list[Stay] = []
        for scope in self.scopes_of(owner_id=owner_id, project_id=project_id):
            pieces = self.known.of(self.workspace_id, content_kind, scope)
            if not pieces:
                continue
            theirs = [ALL_ALONG]
            if scope.kind is ScopeKind.GROUP:
                theirs = self.stays.get((owner_id, scope.id or 0), theirs)
                stays += theirs
            found[scope.kind] += [pieces] * len(theirs)
        return Chain(
            promises=self.known.promises[self.workspace_id],
            workspace=next(iter(found[ScopeKind.WORKSPACE]), []),
            groups=found[ScopeKind.GROUP],
            stays=stays,
            grace=self.known.grace.get(self.workspace_id, timedelta(0)),
            member=next(iter(found[ScopeKind.MEMBER]), []),
            project=next(iter(found[ScopeKind.PROJECT]), []),
            project_deleted_at=self.deleted.get(project_id or 0),
        )


def chains(*, workspace_id: int, owner_ids: Collection[int], at: datetime) -> Chains:
    """What may govern items of these owners; groups are asked for where they count."""
    known = timelines(workspace_ids=[workspace_id], at=at)
    scopes = [scope for _w, _k, scope in known.pieces]
    stays = stays_in(groups=ids_of(scopes, ScopeKind.GROUP), owner_ids=owner_ids, at=at)
    return Chains(
        workspace_id=workspace_id,
        known=known,
        groups=groups_of(stays),
        stays=stays,
        deleted=deleted_of(projects=ids_of(scopes, ScopeKind.PROJECT)),
    )


def ids_of(scopes: Iterable[Scope], kind: ScopeKind) -> set[int]:
    """The ids of the scopes of one kind."""
    return {s.id for s in scopes if s.kind is kind and s.id is not None}


def deleted_of(*, projects: Collection[int]) -> dict[int, datetime]:
    """Which of these projects of the open workspace are deleted, and since when."""
    if not projects:
        return {}
    rows = Project.objects.filter(pk__in=projects, deleted_at__isnull=False)
    found = rows.values_list("pk", "deleted_at")
    return {pk: deleted_at for pk, deleted_at in found if deleted_at is not None}


def stays_in(
    *,
    groups: Collection[int],
    owner_ids: Collection[int] | None = None,
    at: datetime,
) -> dict[tuple[int, int], list[Stay]]:
    """Who is in these groups of the open workspace, or was; since when, until when.

    What is older than any grace period or undo window is as if it had always been.
    """
    if not groups:
        return {}
    found: dict[tuple[int, int], list[Stay]] = defaultdict(list)
    lately = at - timedelta(days=KEPT_DAYS)
    now = GroupMember.objects.filter(group_id__in=groups, membership__isnull=False)
    past = FormerGroupMember.objects.filter(group_id__in=groups, left_at__gt=lately)
    if owner_ids is not None:
        now = now.filter(membership_id__in=owner_ids)
        past = past.filter(membership_id__in=owner_ids)
    columns = ("membership_id", "group_id")
    for owner_id, group_id, joined_at in now.order_by("group_id").values_list(
        *columns, "joined_at"
    ):
        is_late = joined_at is not None and joined_at > lately
        stay = Stay(joined_at=joined_at) if is_late else ALL_ALONG
        found[owner_id or 0, group_id].append(stay)
    for owner_id, group_id, left_at in past.order_by("group_id", "id").values_list(
        *columns, "left_at"
    ):
        found[owner_id, group_id].append(Stay(left_at=left_at))
    return found


def groups_of(stays: Collection[tuple[int, int]]) -> dict[int, list[int]]:
    """The groups of each owner."""
    found: dict[int, list[int]] = defaultdict(list)
    for owner_id, group_id in sorted(stays):
        found[owner_id].append(group_id)
    return found


def cutoffs_of(
    known: Timelines, *, at: datetime, waited_days: int | None = None
) -> list[ScopeCutoffs]:
    """The cut-offs of every scope and kind at one moment.

    With `waited_days` they reach what has been deleted or expired for so many days.
    """
    found = []
    for key, pieces in known.pieces.items():
        promises = known.promises[key[0]]
        grace = known.grace.get(key[0], timedelta(0))
        if waited_days is None:
            one = _scope_cutoffs(key, pieces, promises, grace=grace, at=at)
        else:
            one = _waited(key, pieces, promises, days=waited_days, grace=grace, at=at)
        found += [one] if one is not None else []
    return found


def _waited(
    key: Key,
    pieces: Sequence[Version],
    promises: Promises,
    *,
    days: int,
    grace: timedelta,
    at: datetime,
) -> ScopeCutoffs | None:
    """As if the undo window had so many days; temporary chats have none to replace."""
    one = _scope_cutoffs(
        key,
        [replace(version, undo_days=days) for version in pieces],
        replace(promises, purge_limit_days=max(days, 1)),
        grace=grace,
        at=at,
    )
    if one is None:
        return None
    waited = timedelta(days=days)
    expired, cutoffs = one.cutoffs.expire_before, one.cutoffs
    if key[1] == TEMPORARY_CHATS and expired is not None:
        cutoffs = replace(cutoffs, expire_before=expired - waited)
    return replace(
        one,
        cutoffs=replace(
            cutoffs,
            deleted_before=at - waited,
            created_before=cutoffs.created_before - waited,
        ),
    )


def _pieces(
    key: Key,
    kind: Governed,
    promises: Promises,
    versions: dict[Key, list[Version]],
    limits: dict[tuple[int, str], list[Limits]],
) -> list[Version]:
    own = list(versions.get(key, ()))
    if key[2] == WORKSPACE:
        base = precedence.default(
            days=kind.default_days, undo_days=promises.default_undo_days
        )
        own = [base, *own]
    if kind.undo is UndoRule.NONE:
        own = [replace(version, undo_days=0) for version in own]
    return precedence.within(own, limits.get((key[0], key[1]), ()))


def _scope_cutoffs(
    key: Key,
    pieces: Sequence[Version],
    promises: Promises,
    *,
    grace: timedelta,
    at: datetime,
) -> ScopeCutoffs | None:
    workspace_id, kind, scope = key
    if scope == WORKSPACE:
        current = rules.in_force(pieces, at=at)
        return ScopeCutoffs(
            workspace_id=workspace_id,
            scope=scope,
            content_kind=kind,
            label=current.label if current else "plan",
            cutoffs=rules.cutoffs(pieces, at=at, promises=promises),
        )
    level = precedence.level(pieces, at=at, promises=promises, grace=grace)
    if level is None:
        return None
    plain = rules.cutoffs([], at=at, promises=promises)
    return ScopeCutoffs(
        workspace_id=workspace_id,
        scope=scope,
        content_kind=kind,
        label=level.label,
        cutoffs=_of_level(plain, level),
        governs=level.governs,
        is_young=level.is_young,
        settled_at=level.settled_at,
    )


def _of_level(plain: Cutoffs, level: precedence.Level) -> Cutoffs:
    return replace(
        plain, expire_before=level.expire_before, purge_before=level.purge_before
    )


def _version(scope: Scope, columns: Sequence[Any]) -> Version:
    number, days, undo_days, set_at, in_force_at, is_withdrawal = columns
    version = Version(
        number=number,
        days=days,
        undo_days=undo_days,
        set_at=set_at,
        in_force_at=in_force_at,
        is_withdrawal=is_withdrawal,
    )
    return replace(version, label=label_of(scope, version))


def label_of(scope: Scope, version: Version) -> str:
    """How the log names a version; groups and projects are many in a workspace."""
    is_one_of_many = scope.kind in (ScopeKind.GROUP, ScopeKind.PROJECT)
    named = f"{scope.kind.value}-{scope.id}-" if is_one_of_many else ""
    return f"{named}v{version.number}"


def _add_left(
    versions: dict[Key, list[Version]], promises: dict[int, Promises], *, using: str
) -> None:
    wanted = [
        workspace_id
        for workspace_id, known in promises.items()
        if known.retention_setter is RetentionSetter.MEMBER
    ]
    for workspace_id, membership_id, left_at in _rows(using, _LEFT, wanted):
        key = (workspace_id, CONVERSATIONS, Scope(ScopeKind.MEMBER, membership_id))
        if key not in versions:
            versions[key].append(
                after_leaving(
                    left_at=left_at,
                    undo_days=promises[workspace_id].default_undo_days,
                )
            )


def after_leaving(*, left_at: datetime, undo_days: int) -> Version:
    """Under this all chats of a member are expired, `LEFT_DAYS` after they left."""
    begins = left_at + timedelta(days=LEFT_DAYS)
    return Version(
        number=0,
        days=0,
        undo_days=undo_days,
        set_at=begins,
        in_force_at=begins,
        label="left",
    )


def _limits(columns: Sequence[Any]) -> Limits:
    number, floor_days, ceiling_days, set_at, in_force_at, _is_withdrawal = columns
    return Limits(
        number=number,
        floor_days=floor_days,
        ceiling_days=ceiling_days,
        set_at=set_at,
        in_force_at=in_force_at,
    )


def _rows(using: str, sql: str, workspace_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    if not workspace_ids:
        return []
    with connections[using].cursor() as cursor:
        cursor.execute(sql, {"workspaces": list(workspace_ids)})
        return list(cursor.fetchall())
