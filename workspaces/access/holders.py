"""Answers who in a workspace may do one thing, by their role or by a custom role."""

from django.db.models import Q

from kit.permissions import Permission
from workspaces.access.models import RoleAssignment, RoleGrant
from workspaces.groups.models import GroupMember
from workspaces.members.models import Membership, MembershipStatus, User
from workspaces.roles.matrix import grantable_on
from workspaces.roles.selectors import roles_with
from workspaces.tenancy.selectors import WorkspaceRef


def holders_of(*, permission: Permission, workspace: WorkspaceRef) -> list[User]:
    """Who holds a permission in the open workspace and can act, by address."""
    roles = roles_with(permission=permission, plan=workspace.plan)
    holds = Q(role__in=[role.value for role in roles])
    if permission in grantable_on(workspace.plan):
        holds |= _granted(permission)
    members = Membership.objects.filter(holds, status=MembershipStatus.ACTIVE)
    ids = list(members.values_list("user_id", flat=True))
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("email"))


def _granted(permission: Permission) -> Q:
    """Who has a custom role that grants it, directly or through a group."""
    roles = RoleGrant.objects.filter(permission=permission.value).values("role_id")
    given = RoleAssignment.objects.filter(role_id__in=roles)
    groups = given.filter(group_id__isnull=False).values("group_id")
    direct = given.filter(membership_id__isnull=False).values("membership_id")
    through = GroupMember.objects.filter(
        group_id__in=groups, membership_id__isnull=False
    ).values("membership_id")
    return Q(pk__in=direct) | Q(pk__in=through)
