"""Lets the person of a verified assertion in, or says why not.

What may never happen: an identity provider of one organization signing in as, linking
to or squatting on a person of another. So an identity belongs to one connection; a new
one may be linked only to a person whose address lies in a domain that this organization
has proven, and who is a member or administrator here already.
"""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor, ActorKind
from workspaces.members import addresses
from workspaces.members.models import User
from workspaces.signin import rules, selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.identities import uid_of
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef


def admit(
    *,
    ref: ConnectionRef,
    assertion: VerifiedAssertion,
    ip: str,
    user_agent: str,
    at: datetime,
) -> User:
    """The person who may sign in now, linked to this identity; recorded."""
    with scoping.organization(organization_id=ref.organization.id):
        user = selectors.person_linked(
            connection_uuid=ref.public_id, name_id=assertion.name_id
        )
        is_new = user is None
        if user is None:
            user = _person_named(ref, assertion)
        _demand_open(user, ref)
        if is_new:
            _link(user, ref, assertion)
        recording.record(
            actor=Actor(
                kind=ActorKind.USER,
                id=str(user.public_id),
                label=user.email,
                user_id=user.pk,
                organization_id=ref.organization.id,
                ip=ip,
                user_agent=user_agent,
            ),
            action="workspaces.session.signed-in",
            target=Target(kind="user", id=user.public_id),
            organization_id=ref.organization.id,
            at=at,
            details={"connection": ref.slug, "identity_linked": is_new},
        )
        return user


def _person_named(ref: ConnectionRef, assertion: VerifiedAssertion) -> User:
    """Whom the asserted address means, if this organization may vouch for it."""
    if not assertion.email:
        raise SignInRefused(Reason.ADDRESS_MISSING)
    try:
        address = addresses.fold(assertion.email)
    except addresses.BadAddress:
        raise SignInRefused(Reason.ADDRESS_FORM, received=assertion.email) from None
    domain = rules.domain_of(address)
    if not selectors.has_proven(domain=domain):
        raise SignInRefused(Reason.DOMAIN_NOT_PROVEN, received=domain)
    user = selectors.person_by_address(address=address)
    if user is None:
        raise SignInRefused(Reason.NOT_A_MEMBER, received=address)
    if selectors.is_linked(connection_uuid=ref.public_id, user=user):
        raise SignInRefused(Reason.IDENTITY_DIFFERS, received=address)
    return user


def _demand_open(user: User, ref: ConnectionRef) -> None:
    if not user.is_active:
        raise SignInRefused(Reason.ACCOUNT_CLOSED)
    if not selectors.belongs(user=user, organization_id=ref.organization.id):
        raise SignInRefused(Reason.NOT_A_MEMBER, received=user.email)


def _link(user: User, ref: ConnectionRef, assertion: VerifiedAssertion) -> None:
    try:
        with transaction.atomic():
            SocialAccount.objects.create(
                user=user,
                provider=str(ref.public_id),
                uid=uid_of(assertion.name_id),
                extra_data={},
            )
    except IntegrityError:
        # Another sign-in linked the same identity in this moment.
        raise SignInRefused(Reason.REPLAYED) from None
