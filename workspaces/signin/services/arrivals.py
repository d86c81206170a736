"""Lets a person in whom a code or break-glass has proven, into one organization."""

from datetime import datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor, ActorKind
from kit.refusals import Refused
from workspaces.invitations import services as invitations
from workspaces.members.models import User
from workspaces.members.standing import Held
from workspaces.signin import rules, selectors
from workspaces.signin.models import Method, SignInSession
from workspaces.signin.selectors import Presence
from workspaces.signin.services import sessions
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef


class NoWayIn(Refused):
    """The invitation that would let them in cannot be accepted now."""


def welcome(
    *,
    organization: OrganizationRef,
    user: User,
    ip: str,
    user_agent: str,
    at: datetime,
) -> None:
    """Make a member of who was invited; refused where that was their only way in."""
    actor = actor_of(user, organization, ip=ip, user_agent=user_agent)
    offers = selectors.acceptable(
        address=user.email,
        method=Method.CODE,
        organization_id=organization.id,
        at=at,
    )
    entered = [
        invitations.accept(actor=actor, offer=one, person=user, at=at) for one in offers
    ]
    if any(entered) or not offers:
        return
    if not selectors.belongs(user=user, organization_id=organization.id):
        raise NoWayIn(
            _(
                "You are invited, but all seats of %s are taken now. Ask whoever "
                "invited you, and sign in again later: the invitation stays good."
            )
            % offers[0].workspace.name
        )


def accept_here(
    *,
    here: Presence,
    user: User,
    invitation: UUID,
    ip: str,
    user_agent: str,
    at: datetime,
) -> WorkspaceRef | None:
    """Accept an invitation in a session that stands already; where it leads.

    The session must prove the address as a fresh sign-in would: in the organization
    that invites, by a way that the workspace takes; None where it does not.
    """
    offers = selectors.acceptable(
        address=user.email,
        method=here.method,
        organization_id=here.organization_id,
        at=at,
    )
    offer = next((one for one in offers if one.invitation == invitation), None)
    if offer is None or not _proves(here, user):
        return None
    organization = offer.workspace.organization
    actor = actor_of(user, organization, ip=ip, user_agent=user_agent)
    if invitations.accept(actor=actor, offer=offer, person=user, at=at):
        return offer.workspace
    return None


def _proves(here: Presence, user: User) -> bool:
    """Whether the session shows that the address is theirs."""
    if here.method is Method.SAML:
        with scoping.organization(organization_id=here.organization_id):
            return selectors.has_proven(domain=rules.domain_of(user.email))
    return here.method is Method.CODE


def arrive(
    *,
    session: SessionBase,
    organization: OrganizationRef,
    user: User,
    method: Method,
    ip: str,
    user_agent: str,
    before: Held | None,
    at: datetime,
    ends_at: datetime | None = None,
) -> SignInSession:
    """Begin the session of a fresh browser session; recorded."""
    if before is not None:  # perhaps of another organization
        sessions.replace(before, at=at)
    with scoping.organization(organization_id=organization.id):
        recording.record(
            actor=actor_of(user, organization, ip=ip, user_agent=user_agent),
            action="workspaces.session.signed-in",
            target=Target(kind="user", id=user.public_id),
            organization_id=organization.id,
            at=at,
            details={"method": method.value},
        )
        return sessions.begin(
            session=session,
            organization_id=organization.id,
            user=user,
            method=method,
            ip=ip,
            user_agent=user_agent,
            ends_at=ends_at,
            at=at,
        )


def actor_of(
    user: User, organization: OrganizationRef, *, ip: str, user_agent: str
) -> Actor:
    """The person who comes in, before any page knows their role."""
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        organization_id=organization.id,
        ip=ip,
        user_agent=user_agent[:400],
    )
