"""Starts a sign-in at the identity provider."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from kit import scoping
from workspaces.signin import authn_requests, selectors
from workspaces.signin.models import ConnectionState
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import keys


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A request that waits for its answer, and where the browser goes with it."""

    request_id: str
    url: str


def depart(
    *,
    ref: ConnectionRef,
    login_hint: str,
    is_forced: bool = False,
    at: datetime,
) -> Departure:
    """Make the request; the caller binds its id to the browser's session.

    A forced one asks for a sign-in anew, even where the other side has a session.
    """
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        idp = selectors.identity_provider(row)
        key = keys.signing_key(row) if row.wants_signed_requests else None
    request_id = f"_{secrets.token_hex(20)}"
    url = authn_requests.redirect_url(
        request_id=request_id,
        sp=selectors.service_provider(slug=ref.slug),
        idp=idp,
        login_hint=login_hint,
        name_id_format=row.name_id_format,
        is_forced=is_forced,
        signing_key=key,
        at=at,
    )
    return Departure(request_id=request_id, url=url)
