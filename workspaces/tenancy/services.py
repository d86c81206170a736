"""Opens organizations and workspaces, and moves a workspace to another plan."""

from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.utils.translation import gettext as _

from audit import recording
from audit.log import services as log
from audit.recording import Target
from kit import content_kinds, scoping
from kit.actor import Actor
from kit.permissions import Permission, PermissionDenied
from kit.refusals import Refused
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    OrganizationRole,
    Sso,
    Workspace,
)
from workspaces.tenancy.plans import LABELS, PROMISES, Plan
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

LONGEST_GRACE_HOURS = 24 * 14


class UnknownPlan(Refused):
    """There is no such plan."""


class ContentKeepsItsPlan(Refused):
    """What is stored was promised to be seen and kept under another plan's rules."""


class PlanIsTheSame(Refused):
    """The workspace is on that plan already."""


class GraceOutOfBounds(Refused):
    """A grace period has 0 to LONGEST_GRACE_HOURS hours."""


def open_organization(
    *, actor: Actor, slug: str, name: str, key_id: UUID, at: datetime
) -> OrganizationRef:
    """Store the tenant and begin its audit log; its key is in the vault already."""
    actor.require(Permission.OPERATOR)
    with scoping.operator():
        row = Organization.objects.create(
            slug=slug, name=name, key_id=key_id, created_at=at
        )
        with scoping.organization(organization_id=row.pk):
            log.open_log(
                organization_id=row.pk,
                organization_uuid=row.public_id,
                slug=slug,
                name=name,
                key_id=key_id,
                at=at,
            )
            recording.record(
                actor=actor,
                action="workspaces.organization.created",
                target=Target(kind="organization", id=row.public_id),
                organization_id=row.pk,
                at=at,
                details={"slug": slug, "name": name},
            )
    return _organization(row)


def appoint_owner(
    *,
    actor: Actor,
    organization: OrganizationRef,
    user_id: int,
    user_public_id: UUID,
    email: str,
    at: datetime,
) -> None:
    """Make a person an owner of the organization itself."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        OrganizationAdministrator.objects.create(
            organization_id=organization.id,
            user_id=user_id,
            role=OrganizationRole.OWNER,
            created_at=at,
        )
        recording.record(
            actor=actor,
            action="workspaces.organization_owner.added",
            target=Target(kind="user", id=user_public_id),
            organization_id=organization.id,
            at=at,
            details={"email": email},
        )


def open_workspace(
    *,
    actor: Actor,
    organization: OrganizationRef,
    slug: str,
    name: str,
    plan: Plan,
    key_id: UUID,
    at: datetime,
) -> WorkspaceRef:
    """Store a workspace; its key is in the vault already, below the organization's."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = Workspace.objects.create(
            organization_id=organization.id,
            slug=slug,
            name=name,
            plan=plan,
            key_id=key_id,
            sso=Organization.objects.get(pk=organization.id).new_workspace_sso,
            created_at=at,
        )
        recording.record(
            actor=actor,
            action="workspaces.workspace.created",
            target=Target(kind="workspace", id=row.public_id),
            organization_id=organization.id,
            workspace=row.public_id,
            at=at,
            details={"slug": slug, "name": name, "plan": plan.value},
        )
    return WorkspaceRef(
        organization=organization,
        id=row.pk,
        public_id=row.public_id,
        slug=slug,
        name=name,
        plan=plan,
    )


def require_sso(*, actor: Actor, organization: OrganizationRef, at: datetime) -> int:
    """Require single sign-on in all workspaces, also those to come; how many changed.

    Whoever calls has made sure that people can sign in with it.
    """
    actor.require(Permission.ORGANIZATION_MANAGE)
    return _set_everywhere(organization, Sso.REQUIRED, actor=actor, at=at)


def unlock(
    *, actor: Actor, organization: OrganizationRef, reason: str, at: datetime
) -> int:
    """Make single sign-on optional everywhere, from every network; how many changed.

    For the operator, when nobody can enter any more.
    """
    actor.require(Permission.OPERATOR)
    with scoping.organization(organization_id=organization.id):
        changed = _set_everywhere(organization, Sso.OPTIONAL, actor=actor, at=at)
        row = Organization.objects.select_for_update().get(pk=organization.id)
        before, row.portal_networks = list(row.portal_networks), []
        row.save(update_fields=["portal_networks"])
        recording.record(
            actor=actor,
            action="workspaces.organization.unlocked",
            target=Target(kind="organization", id=organization.public_id),
            organization_id=organization.id,
            at=at,
            details={"workspaces": changed},
            changes={"portal": (before, [])} if before else None,
            reason=reason,
        )
        return changed


def _set_everywhere(
    organization: OrganizationRef, sso: Sso, *, actor: Actor, at: datetime
) -> int:
    with scoping.organization(organization_id=organization.id):
        Organization.objects.filter(pk=organization.id).update(new_workspace_sso=sso)
        changed = list(
            Workspace.objects.exclude(sso=sso).order_by("id").select_for_update()
        )
        for row in changed:
            _set_sso(row, sso, actor=actor, at=at)
        return len(changed)


def set_sso(
    *, actor: Actor, workspace: WorkspaceRef, sso: Sso, at: datetime
) -> Workspace:
    """Say what single sign-on is to one workspace."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=workspace.organization.id):
        row = Workspace.objects.select_for_update().get(pk=workspace.id)
        if row.sso != sso:
            _set_sso(row, sso, actor=actor, at=at)
        return row


def _set_sso(row: Workspace, sso: Sso, *, actor: Actor, at: datetime) -> None:
    before, row.sso = row.sso, sso
    row.save(update_fields=["sso"])
    recording.record(
        actor=actor,
        action="workspaces.sso.changed",
        target=Target(kind="workspace", id=row.public_id),
        organization_id=row.organization_id,
        workspace=row.public_id,
        at=at,
        changes={"sso": (before, sso.value)},
    )


def change_plan(
    *, actor: Actor, workspace: WorkspaceRef, plan: str, at: datetime, reason: str = ""
) -> None:
    """Move a workspace to another plan, for what is written from now on.

    Refused while anything stored was written under a plan on which others decide who
    sees it and how long it lives: a change never widens that for what exists.
    """
    actor.require(Permission.OPERATOR)
    wanted = known_plan(plan)
    with scoping.organization(organization_id=workspace.organization.id):
        row = Workspace.objects.select_for_update().get(pk=workspace.id)
        before = Plan(row.plan)
        if before is wanted:
            raise PlanIsTheSame(
                _("“%(name)s” is on the %(plan)s plan already.")
                % {"name": row.name, "plan": LABELS[wanted]}
            )
        _demand_same_rules_for_content(workspace, wanted)
        row.plan = wanted
        row.save(update_fields=["plan"])
        recording.record(
            actor=actor,
            action="workspaces.plan.changed",
            target=Target(kind="workspace", id=row.public_id),
            organization_id=workspace.organization.id,
            workspace=row.public_id,
            at=at,
            changes={"plan": (before.value, wanted.value)},
            reason=reason,
        )


def _is_peoples(kind: content_kinds.ContentKind) -> bool:
    return kind.purged_with is None and not kind.is_planted


def _demand_same_rules_for_content(workspace: WorkspaceRef, wanted: Plan) -> None:
    setter = PROMISES[wanted].retention_setter
    alike = [plan for plan in Plan if PROMISES[plan].retention_setter is setter]
    stored = [k.model for k in content_kinds.registered() if _is_peoples(k)]
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        for model in stored:
            rows = apps.get_model(model)._default_manager
            if rows.exclude(plan_written__in=alike).exists():
                raise ContentKeepsItsPlan(
                    _(
                        "“%(name)s” holds conversations of the %(before)s plan, whose "
                        "rules differ from those of the %(after)s plan. Open a new "
                        "workspace for it; this one keeps its promise."
                    )
                    % {
                        "name": workspace.name,
                        "before": LABELS[Plan(workspace.plan)],
                        "after": LABELS[wanted],
                    }
                )


def set_policy_grace(
    *, actor: Actor, workspace: WorkspaceRef, hours: int, at: datetime
) -> None:
    """Set how long a shortened retention policy waits before it takes force."""
    actor.require(Permission.WORKSPACE_MANAGE)
    if actor.workspace_id not in (None, workspace.id):
        raise PermissionDenied(Permission.WORKSPACE_MANAGE, "")
    if not 0 <= hours <= LONGEST_GRACE_HOURS:
        raise GraceOutOfBounds(
            _("A grace period has 0 to %s hours.") % LONGEST_GRACE_HOURS
        )
    with scoping.organization(organization_id=workspace.organization.id):
        row = Workspace.objects.select_for_update().get(pk=workspace.id)
        before = row.policy_grace_hours
        if before == hours:
            return
        row.policy_grace_hours = hours
        row.save(update_fields=["policy_grace_hours"])
        recording.record(
            actor=actor,
            action="workspaces.policy-grace.changed",
            target=Target(kind="workspace", id=row.public_id),
            organization_id=workspace.organization.id,
            workspace=row.public_id,
            at=at,
            changes={"hours": (before, hours)},
        )


def known_plan(plan: str) -> Plan:
    """The plan of that name."""
    try:
        return Plan(plan)
    except ValueError:
        known = ", ".join(one.value for one in Plan)
        raise UnknownPlan(
            _("There is no plan “%(plan)s”; the plans are %(known)s.")
            % {"plan": plan, "known": known}
        ) from None


def _organization(row: Organization) -> OrganizationRef:
    return OrganizationRef(
        id=row.pk, public_id=row.public_id, slug=row.slug, name=row.name
    )
