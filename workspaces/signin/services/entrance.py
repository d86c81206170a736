"""Lets the person of a verified assertion in, or says why not.

What may never happen: an identity provider of one organization signing in as, linking
to or squatting on a person of another. So an identity belongs to one connection; every
address that is named, also for an identity linked before, must lie in a domain that
this organization has proven; and a new identity is linked only to a person who is a
member or administrator here already, or becomes a member by the rules that its admins
have written.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor, ActorKind
from workspaces.invitations import services as invitations
from workspaces.invitations.selectors import Offer
from workspaces.members import addresses
from workspaces.members.models import User
from workspaces.signin import rules, selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.identities import uid_of
from workspaces.signin.models import Method, SamlConnection
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import provisioning
from workspaces.signin.services.provisioning import Grant


@dataclass(frozen=True, kw_only=True)
class Recognized:
    """Whom an assertion means.

    `user` is None where nobody has the address yet; `address` is empty where only the
    linked identity tells who it is.
    """

    user: User | None
    address: str
    is_linked: bool


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
        row = selectors.connection(connection_id=ref.id)
        found = recognize(ref=ref, assertion=assertion)
        user = _welcomed(
            ref, row, found, assertion, ip=ip, user_agent=user_agent, at=at
        )
        if not found.is_linked:
            _link(user, ref, assertion)
        elif found.address:
            provisioning.follow(
                ref=ref,
                user=user,
                address=found.address,
                assertion=assertion,
                at=at,
            )
        recording.record(
            actor=_actor(ref, user, ip=ip, user_agent=user_agent),
            action="workspaces.session.signed-in",
            target=Target(kind="user", id=user.public_id),
            organization_id=ref.organization.id,
            at=at,
            details={
                "connection": ref.slug,
                "identity_linked": not found.is_linked,
            },
        )
        return user


def recognize(*, ref: ConnectionRef, assertion: VerifiedAssertion) -> Recognized:
    """Whom the assertion means, if this organization may vouch for them."""
    user = selectors.person_linked(
        connection_uuid=ref.public_id, name_id=assertion.name_id
    )
    if user is not None:
        return Recognized(user=user, address=_proven(assertion), is_linked=True)
    return _named(ref, assertion)


def demand_welcome(
    *,
    ref: ConnectionRef,
    row: SamlConnection,
    found: Recognized,
    assertion: VerifiedAssertion,
    at: datetime,
) -> list[Grant]:
    """What signing in would give them; refused where they would not come in."""
    user, given = found.user, []
    if found.address:
        given = provisioning.grants(ref=ref, row=row, assertion=assertion)
    if user is not None and not user.is_active:
        raise SignInRefused(Reason.ACCOUNT_CLOSED)
    if user is not None and selectors.belongs(
        user=user, organization_id=ref.organization.id
    ):
        return given
    is_open = any(provisioning.is_open_to(one, user) for one in given)
    if not is_open and not _offers(ref, found, at):
        received = user.email if user else found.address
        raise SignInRefused(Reason.NOT_A_MEMBER, received=received)
    return given


def _welcomed(
    ref: ConnectionRef,
    row: SamlConnection,
    found: Recognized,
    assertion: VerifiedAssertion,
    *,
    ip: str,
    user_agent: str,
    at: datetime,
) -> User:
    given = demand_welcome(ref=ref, row=row, found=found, assertion=assertion, at=at)
    offers = _offers(ref, found, at)
    user = found.user or provisioning.invite(
        address=found.address, assertion=assertion, at=at
    )
    for offer in offers:
        if user.email == offer.email:
            actor = _actor(ref, user, ip=ip, user_agent=user_agent)
            invitations.accept(actor=actor, offer=offer, person=user, at=at)
    provisioning.apply(user=user, row=row, given=given, at=at)
    if not selectors.belongs(user=user, organization_id=ref.organization.id):
        # The rules would have let them in: only a seat was missing.
        raise SignInRefused(Reason.NO_SEAT, received=user.email)
    return user


def _offers(ref: ConnectionRef, found: Recognized, at: datetime) -> list[Offer]:
    """What the address was invited to, where this organization vouches for it."""
    if not found.address:
        return []
    return selectors.acceptable(
        address=found.address,
        method=Method.SAML,
        organization_id=ref.organization.id,
        at=at,
    )


def _actor(ref: ConnectionRef, user: User, *, ip: str, user_agent: str) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        organization_id=ref.organization.id,
        ip=ip,
        user_agent=user_agent,
    )


def _named(ref: ConnectionRef, assertion: VerifiedAssertion) -> Recognized:
    """Whom the asserted address means; there may be nobody yet."""
    if not assertion.email:
        raise SignInRefused(Reason.ADDRESS_MISSING)
    address = _proven(assertion)
    user = selectors.person_by_address(address=address)
    if user and selectors.is_linked(connection_uuid=ref.public_id, user=user):
        raise SignInRefused(Reason.IDENTITY_DIFFERS, received=address)
    return Recognized(user=user, address=address, is_linked=False)


def _proven(assertion: VerifiedAssertion) -> str:
    """The asserted address, for which this organization may vouch; refused otherwise.

    Empty where none is named: an identity that was linked before needs none.
    """
    if not assertion.email:
        return ""
    try:
        address = addresses.fold(assertion.email)
    except addresses.BadAddress:
        raise SignInRefused(Reason.ADDRESS_FORM, received=assertion.email) from None
    domain = rules.domain_of(address)
    if not selectors.has_proven(domain=domain):
        raise SignInRefused(Reason.DOMAIN_NOT_PROVEN, received=domain)
    return address


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
