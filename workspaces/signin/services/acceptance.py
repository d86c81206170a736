"""Accepts a posted answer for one connection: verified, and used up."""

from datetime import datetime

from kit import scoping
from workspaces.signin import inspection, messages, opening, responses, selectors
from workspaces.signin.assertions import (
    Answering,
    IdentityProvider,
    ServiceProvider,
    VerifiedAssertion,
)
from workspaces.signin.messages import Message
from workspaces.signin.models import ConnectionState
from workspaces.signin.reasons import Reason, SignInRefused, reading
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import attempts, keys, spending

_COMPARED = {Reason.AUDIENCE, Reason.DESTINATION, Reason.ISSUER}


def accept(*, ref: ConnectionRef, text: str, at: datetime) -> VerifiedAssertion:
    """The assertion inside `text`; nothing is stored before every check has passed."""
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    with reading():
        message = messages.decode(text)
    with scoping.organization(organization_id=ref.organization.id):
        settings = selectors.answering(connection_id=ref.id)
        assertion = examine(ref=ref, settings=settings, message=message, at=at)
    if attempts.is_within(settings.keeps_messages_until, at=at):
        attempts.hold(ref=ref, assertion=assertion, text=text)
    return assertion


def examine(
    *, ref: ConnectionRef, settings: Answering, message: Message, at: datetime
) -> VerifiedAssertion:
    """Verify a message by the settings of its connection, and use up its ids."""
    with scoping.organization(organization_id=ref.organization.id):
        assertion = _verified(ref, settings, message, at=at)
        spending.spend(
            ref=ref,
            ids=[f"r:{assertion.response_id}", f"a:{assertion.assertion_id}"],
            expires_at=assertion.expires_at,
            signed_by=assertion.signed_by,
            at=at,
        )
    return assertion


def _verified(
    ref: ConnectionRef, settings: Answering, message: Message, *, at: datetime
) -> VerifiedAssertion:
    idp, sp = settings.idp, selectors.service_provider(slug=ref.slug)
    is_sealed = responses.is_encrypted(message)
    ours = (
        keys.opening_keys(connection_id=ref.id, public_id=ref.public_id)
        if is_sealed
        else []
    )
    with reading():
        try:
            return responses.verify(
                message,
                sp=sp,
                idp=idp,
                mapping=settings.mapping,
                groups_attribute=settings.groups_attribute,
                keys=ours,
                may_be_unsolicited=settings.may_be_unsolicited,
                at=at,
            )
        except SignInRefused as refusal:
            raise _with_values(refusal, message, sp=sp, idp=idp, at=at) from None


def _with_values(
    refusal: SignInRefused,
    message: Message,
    *,
    sp: ServiceProvider,
    idp: IdentityProvider,
    at: datetime,
) -> SignInRefused:
    """The refusal with both values, where the library only said that they differ."""
    if refusal.reason not in _COMPARED or refusal.expected:
        return refusal
    answer = inspection.Answer(
        root=message.root,
        assertion=message.root.find(opening.ASSERTION),
        sp=sp,
        idp=idp,
        request_id="",
        at=at,
    )
    code = inspection.code_of(refusal.reason)
    found = inspection.checks(answer, refusal=None)
    one = next(check for check in found if check.code == code)
    if one.result is not inspection.Result.FAILED:
        return refusal
    return SignInRefused(refusal.reason, expected=one.expected, received=one.received)
