"""Who somebody is, where they belong, and what they may do there."""

from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members.models import Membership, User
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS, permissions_of
from workspaces.signin.identities import uid_of
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    OrganizationRole,
    Workspace,
)
from workspaces.tenancy.selectors import (
    Access,
    Administration,
    OrganizationRef,
    WorkspaceRef,
)


class AboveOwnRole(Refused):
    """The sessions of somebody who may do more are not the actor's to see or end."""

    status = 403


def person_linked(*, connection_uuid: UUID, name_id: str) -> User | None:
    """The person to whom a connection's name for them is linked."""
    found = SocialAccount.objects.filter(
        provider=str(connection_uuid), uid=uid_of(name_id)
    )
    return User.objects.filter(pk__in=found.values("user_id")).first()


def is_linked(*, connection_uuid: UUID, user: User) -> bool:
    """Whether the person has any identity of the connection already."""
    mine = SocialAccount.objects.filter(provider=str(connection_uuid), user=user)
    return bool(mine.exists())


def accesses(*, user: User, organization_id: int | None) -> list[Access]:
    """The workspaces of one organization that the person may enter; None means all."""
    return [
        access
        for access in tenants.accesses_of(user_id=user.pk)
        if organization_id in {None, access.workspace.organization.id}
    ]


def administrations(*, user: User, organization_id: int | None) -> list[Administration]:
    """The organization itself, if the person runs it; None means all they run."""
    return [
        one
        for one in tenants.administrations_of(user_id=user.pk)
        if organization_id in {None, one.organization.id}
    ]


def permissions_in(*, user_id: int, organization_id: int) -> frozenset[Permission]:
    """All that a person may do anywhere in an organization."""
    found: frozenset[Permission] = frozenset()
    for access in tenants.accesses_of(user_id=user_id):
        if access.workspace.organization.id == organization_id:
            found |= permissions_of(
                role=access.role, plan=access.workspace.plan, granted=access.granted
            )
    for one in tenants.administrations_of(user_id=user_id):
        if one.organization.id == organization_id:
            found |= ORGANIZATION_PERMISSIONS[one.role]
    return found


def person_below(*, actor: Actor, member: Membership) -> User:
    """The person behind a membership, if the actor may do all that they may.

    Sessions reach into the whole organization, so what counts is what the member may
    do anywhere in it, and not in this workspace only.
    """
    organization_id = actor.organization_id or 0
    plan = tenants.access_of(actor=actor).workspace.plan
    granted = roles.granted_to(membership_id=member.pk)
    here = permissions_of(role=member.role, plan=plan, granted=granted)
    theirs = permissions_in(user_id=member.user_id, organization_id=organization_id)
    own = permissions_in(user_id=actor.user_id or 0, organization_id=organization_id)
    if not (here <= actor.permissions and theirs <= own):
        raise AboveOwnRole(
            _(
                "This member may do more than you, here or elsewhere in the "
                "organization. Someone with at least their role can see and end "
                "their sessions."
            )
        )
    return User.objects.get(pk=member.user_id)


def belongs(*, user: User, organization_id: int) -> bool:
    """Whether the person is a member or administrator of the organization."""
    return bool(
        accesses(user=user, organization_id=organization_id)
        or administrations(user=user, organization_id=organization_id)
    )


def owners() -> list[User]:
    """Who can help someone who may not enter the organization in scope."""
    rows = OrganizationAdministrator.objects.filter(role=OrganizationRole.OWNER)
    return [row.user for row in rows.select_related("user").order_by("id")[:3]]


def all_owners() -> list[User]:
    """Every owner of the organization in scope: who is told of what matters to all."""
    rows = OrganizationAdministrator.objects.filter(role=OrganizationRole.OWNER)
    return [row.user for row in rows.select_related("user").order_by("id")]


def person(*, public_id: UUID) -> User | None:
    """The person with this id, if their account is open."""
    return User.objects.filter(public_id=public_id, is_active=True).first()


def person_by_address(*, address: str) -> User | None:
    """The person with this folded address."""
    return User.objects.filter(email=address).first()


def workspaces() -> list[Workspace]:
    """The workspaces of the organization in scope, by name."""
    return list(Workspace.objects.order_by("name", "id"))


def organization_slug() -> str:
    """The slug of the organization in scope."""
    return str(Organization.objects.values_list("slug", flat=True).get())


def workspace_ref(row: Workspace, organization: OrganizationRef) -> WorkspaceRef:
    """A workspace of the organization as every slice passes it on."""
    return WorkspaceRef(
        organization=organization,
        id=row.pk,
        public_id=row.public_id,
        slug=row.slug,
        name=row.name,
        plan=row.plan,
    )


def is_elsewhere(*, user: User, organization_id: int) -> bool:
    """Whether the person also belongs to another organization."""
    places = {
        one.workspace.organization.id
        for one in accesses(user=user, organization_id=None)
    }
    places |= {
        one.organization.id for one in administrations(user=user, organization_id=None)
    }
    return bool(places - {organization_id})
