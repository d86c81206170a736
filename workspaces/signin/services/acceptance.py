"""Accepts a posted answer for one connection: verified, and used up."""

from datetime import datetime

from kit import scoping
from workspaces.signin import messages, responses, selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.models import ConnectionState
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import entrance


def accept(*, ref: ConnectionRef, text: str, at: datetime) -> VerifiedAssertion:
    """The assertion inside `text`; nothing is stored before every check has passed."""
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    message = messages.decode(text)
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        idp = selectors.identity_provider(row)
    assertion = responses.verify(
        message,
        sp=selectors.service_provider(slug=ref.slug),
        idp=idp,
        mapping=row.attribute_mapping,
        at=at,
    )
    entrance.spend(ref=ref, assertion=assertion, at=at)
    return assertion
