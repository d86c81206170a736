"""Sets retention policies: adds a version, never changes one."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority, locking, overrides
from retention.places import place
from retention.policies import rules, selectors
from retention.policies.models import Policy, ScopeKind
from retention.policies.selectors import Hypothesis, Standing
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef


class MembersDecideHere(Refused):
    """On this plan each member sets their own retention, and nobody else does."""


class AdminsDecideHere(Refused):
    """On this plan retention is set for the whole workspace."""


class PlanFixesRetention(Refused):
    """On this plan retention is fixed."""


class OutOfBounds(Refused):
    """A policy keeps for 1 to 3650 days, with at most 28 days to undo."""


class NothingWouldChange(Refused):
    """The policy is what it was to be already."""


class ReasonIsMissing(Refused):
    """Overriding the grace period needs a reason."""


def set_policy(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    days: int | None,
    undo_days: int | None = None,
    scope: ScopeKind = ScopeKind.WORKSPACE,
    override: bool = False,
    reason: str = "",
    at: datetime,
) -> Policy:
    """Adds a version; `days` None keeps, `undo_days` None leaves the undo window.

    A shortening takes force after the workspace's grace period, anything else at
    once. The new version replaces one that has not taken force yet. `override` skips
    the grace period, needs a reason and is mailed to the organization's owners. A
    member's scope is the actor's own.
    """
    _authorize(actor=actor, workspace=workspace, scope=scope)
    if override and not reason.strip():
        raise ReasonIsMissing(_("Say why the grace period is skipped."))
    membership_id = actor.membership_id if scope is ScopeKind.MEMBER else None
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        grace = _grace_after_waiting_for_others(workspace)
        before = selectors.standing(
            workspace=workspace, at=at, membership_id=membership_id
        )
        undo_days = before.undo_days if undo_days is None else undo_days
        _demand_bounds(days=days, undo_days=undo_days)
        if not (override and before.pending):
            _demand_change(before, days=days, undo_days=undo_days)
        planned = selectors.hypothesis(
            workspace=workspace,
            days=days,
            undo_days=undo_days,
            grace=timedelta(0) if override else grace,
            at=at,
            membership_id=membership_id,
        )
        policy = _stored(actor, workspace, planned, is_override=override)
        _record(actor, workspace, policy, before=before, reason=reason)
        if override:
            _tell_owners(actor, workspace, policy, reason=reason)
        return policy


def _authorize(*, actor: Actor, workspace: WorkspaceRef, scope: ScopeKind) -> None:
    setter = plans.of(workspace.plan).retention_setter
    if setter is RetentionSetter.FIXED:
        raise PlanFixesRetention(_("This plan fixes retention; it cannot be set."))
    if setter is RetentionSetter.ADMINS:
        if scope is not ScopeKind.WORKSPACE:
            raise AdminsDecideHere(
                _("On this plan owners and admins set retention for everyone.")
            )
        authority.demand(actor, Permission.POLICIES_MANAGE, workspace=workspace)
        return
    is_own = scope is ScopeKind.MEMBER and actor.kind is ActorKind.USER
    if not is_own or actor.workspace_id != workspace.id or not actor.membership_id:
        raise MembersDecideHere(
            _("On this plan each member sets retention for their own conversations.")
        )
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)


def _grace_after_waiting_for_others(workspace: WorkspaceRef) -> timedelta:
    """Two people who set a policy at once take turns."""
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
    return timedelta(hours=row.policy_grace_hours)


def _demand_bounds(*, days: int | None, undo_days: int) -> None:
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


def _demand_change(before: Standing, *, days: int | None, undo_days: int) -> None:
    newest = before.pending or before
    if (newest.days, newest.undo_days) == (days, undo_days):
        raise NothingWouldChange(_("The policy says so already."))


def _stored(
    actor: Actor, workspace: WorkspaceRef, planned: Hypothesis, *, is_override: bool
) -> Policy:
    of_member = planned.membership_id is not None
    return Policy.objects.create(
        workspace_id=workspace.id,
        scope_kind=ScopeKind.MEMBER if of_member else ScopeKind.WORKSPACE,
        membership_id=planned.membership_id,
        version=planned.version.number,
        days=planned.version.days,
        undo_days=planned.version.undo_days,
        set_at=planned.version.set_at,
        set_by=actor.id,
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
    is_own = policy.scope_kind == ScopeKind.MEMBER
    record(
        actor=actor,
        action="retention.own-policy.set" if is_own else "retention.policy.set",
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
            "in_force_at": policy.in_force_at.isoformat(),
            "override": policy.is_override,
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
