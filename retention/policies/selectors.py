"""Answers what policy a scope has, and gives the cut-offs of all scopes for SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit import content_kinds
from retention.eligibility import rules
from retention.eligibility.precedence import Limits, ScopeCutoffs
from retention.eligibility.rules import Version
from retention.eligibility.scopes import CONVERSATIONS, WORKSPACE, Scope
from retention.policies import governing
from retention.policies.models import Policy, PolicyBounds, columns_of
from retention.policies.rules import (
    UNBOUNDED,
    Bounds,
    governs,
    in_force_from,
    lowers,
)
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The policy of one scope for one kind at one moment, as a page states it.

    `days` None means keep. `version` is 0 where the scope has no policy of its own in
    force: then a wider one decides, and for a workspace the kind's own default, which
    `days` then is. `pending` takes force at its `in_force_at`.
    """

    days: int | None
    undo_days: int
    version: int
    since: datetime | None
    pending: Version | None
    is_fixed_by_plan: bool


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A version that nobody has set yet, for previews.

    With `limits` it is a version of the workspace's bounds: `version` then has its
    number and times, and the undo window that its first purge waits for.
    """

    scope: Scope
    content_kind: str
    version: Version
    limits: Limits | None = None

    @property
    def planned(self) -> Version | Limits:
        """What `governing` takes as if it were stored."""
        return self.limits or self.version


def versions_of(
    *,
    workspace: WorkspaceRef,
    scope: Scope = WORKSPACE,
    content_kind: str = CONVERSATIONS,
) -> list[Policy]:
    """The versions of one scope for one kind, newest first, for its history."""
    return list(
        Policy.objects.filter(
            workspace_id=workspace.id, content_kind=content_kind, **columns_of(scope)
        ).order_by("-version")
    )


def newest_version(
    *, workspace: WorkspaceRef, scope: Scope, content_kind: str = CONVERSATIONS
) -> int:
    """The number of the newest version of one scope, whether in force or not; or 0."""
    stored = versions_of(workspace=workspace, scope=scope, content_kind=content_kind)
    return stored[0].version if stored else 0


def standing(
    *,
    workspace: WorkspaceRef,
    scope: Scope = WORKSPACE,
    content_kind: str = CONVERSATIONS,
    at: datetime,
) -> Standing:
    """What is in force for one scope and kind, and what will be."""
    known = as_versions(
        counting_versions(workspace=workspace, scope=scope, content_kind=content_kind),
        at=at,
    )
    promises = plans.of(workspace.plan)
    current = _current(known, at=at)
    fixed = promises.fixed_retention_days
    default = content_kinds.governed_named(content_kind).default_days
    return Standing(
        days=fixed or (current.days if current else default),
        undo_days=current.undo_days if current else promises.default_undo_days,
        version=current.number if current else 0,
        since=current.in_force_at if current else None,
        pending=rules.pending(known, at=at),
        is_fixed_by_plan=fixed is not None,
    )


def counting_versions(
    *, workspace: WorkspaceRef, scope: Scope, content_kind: str = CONVERSATIONS
) -> list[Policy]:
    """The versions of a scope that count on the workspace's plan, newest first."""
    stored = versions_of(workspace=workspace, scope=scope, content_kind=content_kind)
    return _counting(stored, workspace)


def _counting(stored: Sequence[Policy], workspace: WorkspaceRef) -> list[Policy]:
    setter = plans.of(workspace.plan).retention_setter
    return [policy for policy in stored if governs(setter, is_own=policy.is_own)]


def _current(known: Sequence[Version], *, at: datetime) -> Version | None:
    """The version in force; None also where the scope's policy was withdrawn."""
    found = rules.in_force(known, at=at)
    return None if found is None or found.is_withdrawal else found


def as_versions(policies: Sequence[Policy], *, at: datetime) -> list[Version]:
    """What the rules need of stored versions, to a clock that reads `at`."""
    stored = (
        Version(
            number=policy.version,
            days=policy.days,
            undo_days=policy.undo_days,
            set_at=policy.set_at,
            in_force_at=policy.in_force_at,
            is_withdrawal=policy.is_withdrawal,
        )
        for policy in policies
    )
    return [rules.as_seen(version, at=at) for version in stored]


def grace_of(*, workspace: WorkspaceRef) -> timedelta:
    """How long a version that lets anything go earlier waits before it takes force."""
    row = Workspace.objects.get(pk=workspace.id)
    return timedelta(hours=row.policy_grace_hours)


def cutoffs_at(
    *,
    workspace_ids: Sequence[int],
    at: datetime,
    using: str = "default",
    waited_days: int | None = None,
) -> list[ScopeCutoffs]:
    """The cut-offs of every scope and kind of these workspaces, read afresh.

    With `waited_days` they reach what has been deleted or expired for so many days.
    """
    known = governing.timelines(workspace_ids=workspace_ids, at=at, using=using)
    return governing.cutoffs_of(known, at=at, waited_days=waited_days)


def lets_go_earlier(
    *,
    workspace: WorkspaceRef,
    scope: Scope,
    content_kind: str,
    days: int | None,
    undo_days: int,
    is_withdrawal: bool,
    at: datetime,
) -> bool:
    """Whether setting these values is a shortening, and so waits for a grace period."""
    planned = hypothesis(
        workspace=workspace,
        scope=scope,
        content_kind=content_kind,
        days=days,
        undo_days=undo_days,
        is_withdrawal=is_withdrawal,
        grace=timedelta(hours=1),
        at=at,
    )
    return planned.version.in_force_at > at


def hypothesis(
    *,
    workspace: WorkspaceRef,
    scope: Scope = WORKSPACE,
    content_kind: str = CONVERSATIONS,
    days: int | None,
    undo_days: int,
    is_withdrawal: bool = False,
    grace: timedelta,
    at: datetime,
) -> Hypothesis:
    """The version that setting these values at `at` would add."""
    stored = versions_of(workspace=workspace, scope=scope, content_kind=content_kind)
    counting = as_versions(_counting(stored, workspace), at=at)
    current = _current(counting, at=at)
    in_force_at = in_force_from(
        current=current, days=days, undo_days=undo_days, at=at, grace=grace
    )
    return Hypothesis(
        scope=scope,
        content_kind=content_kind,
        version=Version(
            number=max((policy.version for policy in stored), default=0) + 1,
            days=days,
            undo_days=undo_days,
            is_withdrawal=is_withdrawal,
            set_at=at,
            # What a wider policy lets go then is not known here: as a shortening.
            in_force_at=at + grace if is_withdrawal else in_force_at,
        ),
    )


def newest_bounds(*, content_kind: str) -> PolicyBounds | None:
    """The newest bounds of a kind in the open workspace, whether in force or not."""
    rows = PolicyBounds.objects.filter(content_kind=content_kind)
    return rows.order_by("-version").first()


def bounds(*, content_kind: str) -> Bounds:
    """The floor and ceiling that a change of them is compared with: the newest."""
    found = newest_bounds(content_kind=content_kind)
    if found is None:
        return UNBOUNDED
    return Bounds(floor_days=found.floor_days, ceiling_days=found.ceiling_days)


def bounds_hypothesis(
    *,
    workspace: WorkspaceRef,
    content_kind: str,
    wanted: Bounds,
    grace: timedelta,
    at: datetime,
) -> Hypothesis:
    """The version of the bounds that setting these at `at` would add.

    Its first purge waits for the shortest undo window that any of its policies has.
    """
    newest = newest_bounds(content_kind=content_kind)
    waits = lowers(_bounds_in_force(content_kind, at=at), wanted)
    limits = Limits(
        number=(newest.version if newest else 0) + 1,
        floor_days=wanted.floor_days,
        ceiling_days=wanted.ceiling_days,
        set_at=at,
        in_force_at=at + grace if waits else at,
    )
    key = (workspace.id, content_kind, WORKSPACE)
    known = governing.timelines(
        workspace_ids=[workspace.id], at=at, planned={key: limits}
    )
    governed = [
        rules.in_force(pieces, at=limits.in_force_at)
        for (_workspace, kind, _scope), pieces in known.pieces.items()
        if kind == content_kind
    ]
    return Hypothesis(
        scope=WORKSPACE,
        content_kind=content_kind,
        version=Version(
            number=limits.number,
            days=None,
            undo_days=min(
                one.undo_days for one in governed if one and not one.is_withdrawal
            ),
            set_at=limits.set_at,
            in_force_at=limits.in_force_at,
        ),
        limits=limits,
    )


def _bounds_in_force(content_kind: str, *, at: datetime) -> Bounds:
    stored = PolicyBounds.objects.filter(content_kind=content_kind)
    found = rules.in_force([as_limits(one) for one in stored], at=at)
    if found is None:
        return UNBOUNDED
    return Bounds(floor_days=found.floor_days, ceiling_days=found.ceiling_days)


def as_limits(row: PolicyBounds) -> Limits:
    """What the rules need of a stored version of the bounds."""
    return Limits(
        number=row.version,
        floor_days=row.floor_days,
        ceiling_days=row.ceiling_days,
        set_at=row.set_at,
        in_force_at=row.in_force_at,
    )
