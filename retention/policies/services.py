"""Sets retention policies: adds a version, never changes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.recording import Target, record
from kit import content_kinds, scoping
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority, locking, overrides
from retention.places import place
from retention.policies import previews, rules, selectors
from retention.policies.models import (
    CONVERSATIONS,
    WORKSPACE,
    Policy,
    Scope,
    ScopeKind,
    columns_of,
)
from retention.policies.previews import Week
from retention.policies.safeguards import selectors as protecting
from retention.policies.safeguards import services as safeguards
from retention.policies.selectors import Hypothesis, Standing
from workspaces.groups.models import Group
from workspaces.members.models import Membership
from workspaces.projects.models import Project
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef

_SCOPED: dict[ScopeKind, Any] = {
    ScopeKind.GROUP: Group.objects,
    ScopeKind.MEMBER: Membership.objects,
    ScopeKind.PROJECT: Project.objects,
}


class MembersDecideHere(Refused):
    """On this plan each member sets their own retention, and nobody else does."""


class AdminsDecideHere(Refused):
    """On this plan owners and admins set retention, also a member's."""


class PlanFixesRetention(Refused):
    """On this plan retention is fixed."""


class OutOfBounds(Refused):
    """A policy keeps for 1 to 3650 days, with at most 28 days to undo."""


class UnknownScope(LookupError):
    """The workspace has no such group, member or project: answered with 404."""


class KindIsNotGoverned(Refused):
    """No policy of such a scope can govern this kind."""


class NothingWouldChange(Refused):
    """The policy is what it was to be already."""


class ReasonIsMissing(Refused):
    """Overriding the grace period needs a reason."""


class NeedsSecondPerson(Refused):
    """Above the workspace's threshold another person has to agree."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A draft that has waited its time and found its approval.

    `set_by` is who wrote it, `announced` what its preview showed week by week;
    `is_agreed` says that a second person approved that.
    """

    set_by: str
    announced: Sequence[Week]
    is_agreed: bool


def set_policy(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    scope: Scope = WORKSPACE,
    content_kind: str = CONVERSATIONS,
    days: int | None,
    undo_days: int | None = None,
    is_withdrawal: bool = False,
    override: bool = False,
    served: Served | None = None,
    announced: Sequence[Week] = (),
    reason: str = "",
    at: datetime,
) -> Policy:
    """Adds a version; `days` None keeps, `undo_days` None leaves the undo window.

    A shortening takes force after the workspace's grace period, anything else at
    once. The new version replaces one that has not taken force yet. A withdrawal
    leaves the scope to the next wider policy, after the grace period. `override` skips
    the grace period, needs a reason and is mailed to the organization's owners; what
    asks for a second person is refused without it, unless a draft `served` has found
    one. `announced` is what its setter was shown. Where members decide, a scope is the
    actor's own.
    """
    demand_settable(actor=actor, workspace=workspace, scope=scope)
    if override and not reason.strip():
        raise ReasonIsMissing(_("Say why the grace period is skipped."))
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        grace = _grace_after_waiting_for_others(workspace)
        demand_scope(scope, content_kind=content_kind)
        before = selectors.standing(
            workspace=workspace, scope=scope, content_kind=content_kind, at=at
        )
        undo_days = before.undo_days if undo_days is None else undo_days
        demand_bounds(days=days, undo_days=undo_days, content_kind=content_kind)
        if not (override and before.pending):
            demand_change(
                before,
                scope,
                days=days,
                undo_days=undo_days,
                is_withdrawal=is_withdrawal,
            )
        planned = selectors.hypothesis(
            workspace=workspace,
            scope=scope,
            content_kind=content_kind,
            days=days,
            undo_days=undo_days,
            is_withdrawal=is_withdrawal,
            grace=timedelta(0) if override or served else grace,
            at=at,
        )
        if not override and served is None:
            _demand_no_second_person(workspace, planned, at=at)
        by = served.set_by if served else actor.id
        policy = _stored(by, workspace, planned, is_override=override)
        safeguards.announce(
            by=by,
            workspace=workspace,
            weeks=served.announced if served else announced,
            is_agreed=served is not None and served.is_agreed,
            at=at,
        )
        _record(actor, workspace, policy, before=before, reason=reason)
        if override:
            _tell_owners(actor, workspace, policy, reason=reason)
        return policy


def demand_settable(
    *, actor: Actor, workspace: WorkspaceRef, scope: Scope = WORKSPACE
) -> None:
    """Refuses who may not set this scope's policy, and plans on which nobody may."""
    setter = plans.of(workspace.plan).retention_setter
    if setter is RetentionSetter.FIXED:
        raise PlanFixesRetention(_("This plan fixes retention; it cannot be set."))
    if setter is RetentionSetter.ADMINS:
        authority.demand(actor, Permission.POLICIES_MANAGE, workspace=workspace)
        return
    is_own = scope.kind is ScopeKind.MEMBER and actor.kind is ActorKind.USER
    is_here = actor.workspace_id == workspace.id and bool(actor.membership_id)
    if not (is_own and is_here and scope.id == actor.membership_id):
        raise MembersDecideHere(
            _("On this plan each member sets retention for their own conversations.")
        )
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)


def demand_scope(scope: Scope, *, content_kind: str) -> None:
    """Refuses a kind that policies do not govern there, and a scope of nowhere."""
    try:
        kind = content_kinds.governed_named(content_kind)
    except content_kinds.NotGoverned as unknown:
        raise KindIsNotGoverned(_("No policy governs that kind.")) from unknown
    if scope.kind is ScopeKind.PROJECT and not kind.project:
        raise KindIsNotGoverned(
            _("%(kind)s are in no project; set a policy for members or groups.")
            % {"kind": str(kind.labels)}
        )
    if scope.id is not None and not _SCOPED[scope.kind].filter(pk=scope.id).exists():
        raise UnknownScope(scope)


def _grace_after_waiting_for_others(workspace: WorkspaceRef) -> timedelta:
    """Two people who set a policy at once take turns."""
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
    return timedelta(hours=row.policy_grace_hours)


def demand_bounds(*, days: int | None, undo_days: int, content_kind: str) -> None:
    """Refuses values outside of what a policy can say."""
    longest = content_kinds.governed_named(content_kind).longest_days
    if longest is not None and (days is None or days > longest):
        raise OutOfBounds(
            _("The plan promises at most %(most)s days for these.") % {"most": longest}
        )
    if days is not None and not rules.SHORTEST_DAYS <= days <= rules.LONGEST_DAYS:
        raise OutOfBounds(
            _("Keep conversations for %(least)s to %(most)s days.")
            % {"least": rules.SHORTEST_DAYS, "most": rules.LONGEST_DAYS}
        )
    if not 0 <= undo_days <= rules.LONGEST_UNDO_DAYS:
        raise OutOfBounds(
            _("The undo window has 0 to %(most)s days: it must end inside the thirty.")
            % {"most": rules.LONGEST_UNDO_DAYS}
        )


def demand_change(
    before: Standing,
    scope: Scope,
    *,
    days: int | None,
    undo_days: int,
    is_withdrawal: bool,
) -> None:
    """Refuses what the newest version says already."""
    newest = before.pending or before
    has_none = before.version == 0 and before.pending is None and scope != WORKSPACE
    if before.pending is not None:
        has_none = before.pending.is_withdrawal
    said = None if has_none else (newest.days, newest.undo_days)
    if said == (None if is_withdrawal else (days, undo_days)):
        raise NothingWouldChange(_("The policy says so already."))


def _demand_no_second_person(
    workspace: WorkspaceRef, planned: Hypothesis, *, at: datetime
) -> None:
    """Whoever sets a policy without a draft does not go around the second person."""
    is_for_others = plans.of(workspace.plan).retention_setter is RetentionSetter.ADMINS
    threshold = protecting.protection(workspace=workspace).threshold
    if not (is_for_others and threshold.is_on):
        return
    found = previews.preview(
        workspace=workspace,
        scope=planned.scope,
        content_kind=planned.content_kind,
        days=planned.version.days,
        undo_days=planned.version.undo_days,
        is_withdrawal=planned.version.is_withdrawal,
        at=at,
    )
    if protecting.asks_second_person(
        workspace=workspace,
        content_kind=planned.content_kind,
        newly_due=found.at_stake,
    ):
        raise NeedsSecondPerson(
            _(
                "This lets more go than one person may decide here. Write a draft, and"
                " have another person approve it; or override with a reason."
            )
        )


def _stored(
    set_by: str, workspace: WorkspaceRef, planned: Hypothesis, *, is_override: bool
) -> Policy:
    return Policy.objects.create(
        workspace_id=workspace.id,
        **columns_of(planned.scope),
        content_kind=planned.content_kind,
        version=planned.version.number,
        days=planned.version.days,
        undo_days=planned.version.undo_days,
        is_withdrawal=planned.version.is_withdrawal,
        is_own=plans.of(workspace.plan).retention_setter is RetentionSetter.MEMBER,
        set_at=planned.version.set_at,
        set_by=set_by,
        in_force_at=planned.version.in_force_at,
        is_override=is_override,
    )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    policy: Policy,
    *,
    before: Standing,
    reason: str,
) -> None:
    own = "retention.own-policy.set"
    record(
        actor=actor,
        action=own if policy.is_own else "retention.policy.set",
        target=Target(kind="policy", id=policy.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=policy.set_at,
        policy=f"v{policy.version}",
        changes={
            "days": (before.days, policy.days),
            "undo_days": (before.undo_days, policy.undo_days),
        },
        details={
            "scope": f"{policy.scope_kind} {policy.scope.id or ''}".strip(),
            "kind": policy.content_kind,
            "in_force_at": policy.in_force_at.isoformat(),
            "override": policy.is_override,
            "withdrawn": policy.is_withdrawal,
        },
        reason=reason.strip(),
    )


def _tell_owners(
    actor: Actor, workspace: WorkspaceRef, policy: Policy, *, reason: str
) -> None:
    overrides.tell_owners(
        kind="retention.policy-override",
        workspace=workspace,
        subject=_("%s: a policy took force without its grace period") % workspace.name,
        what=_(
            "Version %(version)s of the retention policy of %(workspace)s keeps"
            " conversations %(days)s and is in force already: its grace period was"
            " overridden."
        )
        % {
            "version": policy.version,
            "workspace": workspace.name,
            "days": _("for ever") if policy.days is None else _days(policy.days),
        },
        page=place(workspace, "retention:policies"),
        actor=actor,
        reason=reason,
        at=policy.set_at,
    )


def _days(number: int) -> str:
    return ngettext("for %(n)s day", "for %(n)s days", number) % {"n": number}
