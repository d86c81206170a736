"""Demands a permission in the very workspace that is to change.

An actor's permissions belong to the workspace through which they came; the operator
and parts of Custos have theirs everywhere.
"""

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor, ActorKind
from kit.permissions import Permission, PermissionDenied
from workspaces.access.holders import holders_of
from workspaces.members import acting
from workspaces.members import selectors as members
from workspaces.members.acting import ActsNoMore
from workspaces.members.models import Membership, MembershipStatus, User
from workspaces.roles.matrix import Role
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef

_EVERYWHERE = frozenset({ActorKind.SYSTEM, ActorKind.OPERATOR})


def demand(actor: Actor, permission: Permission, *, workspace: WorkspaceRef) -> None:
    """Raises PermissionDenied unless the actor holds `permission` there."""
    if actor.kind not in _EVERYWHERE and actor.workspace_id != workspace.id:
        raise PermissionDenied(permission, "")
    actor.require(permission)


def still_holds(
    *, person: str, permission: Permission, workspace: WorkspaceRef
) -> bool:
    """Whether somebody whose word was given before may still give it."""
    try:
        actor = acting.as_now(person=person, workspace_id=workspace.id)
    except ActsNoMore:
        return False
    return bool(actor.may(permission))


def may_hold(actor: Actor, *, workspace: WorkspaceRef) -> bool:
    """Whether the actor places and releases holds there."""
    try:
        demand_holds(actor, workspace=workspace)
    except PermissionDenied:
        return False
    return True


def demand_holds(actor: Actor, *, workspace: WorkspaceRef) -> None:
    """Who may place and release holds; on Team fewer than elsewhere.

    There each member decides about their own, so only an owner of the organization or
    a compliance officer preserves something of theirs.
    """
    demand(actor, Permission.HOLDS_MANAGE, workspace=workspace)
    if actor.kind in _EVERYWHERE or not _members_decide(workspace):
        return
    with scoping.organization(organization_id=workspace.organization.id):
        owners = {owner.pk for owner in members.organization_owners()}
    if actor.role != Role.COMPLIANCE_OFFICER and actor.user_id not in owners:
        raise PermissionDenied(
            Permission.HOLDS_MANAGE,
            _(
                "On the Team plan owners of the organization and compliance officers"
                " place and release holds."
            ),
        )


def who_may_hold(*, workspace: WorkspaceRef) -> list[User]:
    """Everybody whom `demand_holds` lets place and release holds, in the open scope."""
    found = holders_of(permission=Permission.HOLDS_MANAGE, workspace=workspace)
    if not _members_decide(workspace):
        return found
    officers = Membership.objects.filter(
        role=Role.COMPLIANCE_OFFICER.value, status=MembershipStatus.ACTIVE
    )
    able = set(officers.values_list("user_id", flat=True))
    able |= {owner.pk for owner in members.organization_owners()}
    return [person for person in found if person.pk in able]


def _members_decide(workspace: WorkspaceRef) -> bool:
    return plans.of(workspace.plan).retention_setter is RetentionSetter.MEMBER
