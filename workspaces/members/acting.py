"""Turns a signed-in person and the tenant in front of them into an actor."""

from functools import partial

from django.utils.translation import gettext as _

from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members.models import User
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS, permissions_of
from workspaces.tenancy.selectors import Access, Administration, accesses_of


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


class ActsNoMore(Refused):
    """Who asked for something may not enter the workspace any more."""


def as_now(*, person: str, workspace_id: int) -> Actor:
    """The person with that public id as they stand now, for work done later."""
    user = User.objects.filter(public_id=person, is_active=True).first()
    for access in accesses_of(user_id=user.pk if user else 0):
        if user is not None and access.workspace.id == workspace_id:
            return in_workspace(user=user, access=access)
    raise ActsNoMore(_("Whoever asked for this is no member any more."))
