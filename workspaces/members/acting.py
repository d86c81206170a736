"""Turns a signed-in person and the tenant in front of them into an actor."""

from functools import partial

from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from workspaces.members.models import User
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS, permissions_of
from workspaces.tenancy.selectors import Access, Administration


def alone(*, user: User, ip: str = "", user_agent: str = "") -> Actor:
    """The person outside any tenant: they may use what is their own."""
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        ip=ip,
        user_agent=user_agent[:400],
    )


def in_workspace(
    *, user: User, access: Access, ip: str = "", user_agent: str = ""
) -> Actor:
    """The person as a member of the workspace."""
    workspace = access.workspace
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        membership_id=access.membership_id,
        role=access.role,
        permissions=permissions_of(
            role=access.role, plan=workspace.plan, granted=access.granted
        ),
        ip=ip,
        user_agent=user_agent[:400],
        explain=partial(
            _explain, role=access.role, plan=workspace.plan, granted=access.granted
        ),
    )


def in_organization(
    *, user: User, administration: Administration, ip: str = "", user_agent: str = ""
) -> Actor:
    """The person as an owner or admin of the organization itself."""
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        organization_id=administration.organization.id,
        role=administration.role,
        permissions=ORGANIZATION_PERMISSIONS[administration.role],
        ip=ip,
        user_agent=user_agent[:400],
    )


def _explain(
    permission: Permission, *, role: str, plan: str, granted: frozenset[str]
) -> str:
    return roles.decide(
        permission=permission, role=role, plan=plan, granted=granted
    ).reason
