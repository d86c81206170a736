"""Lets a person in whom a code or break-glass has proven, into one organization."""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor, ActorKind
from workspaces.members.models import User
from workspaces.members.standing import Held
from workspaces.signin.models import Method, SignInSession
from workspaces.signin.services import sessions
from workspaces.tenancy.selectors import OrganizationRef


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
