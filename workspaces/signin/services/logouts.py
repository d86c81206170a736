"""Signs people out in both directions: at the identity provider's wish, and ours there.

A message that ends sessions is believed only with a signature of the connection's
identity provider, of now, and once. It needs no cookie: what it names is ended wherever
the browser is. What it asks us to go on to (RelayState) is only handed back to them.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from kit import certificates, scoping
from kit.actor import Actor
from workspaces.signin import logout_messages, redirects, selectors, tickets
from workspaces.signin.assertions import IdentityProvider, Named, ServiceProvider
from workspaces.signin.logout_messages import REQUEST, RESPONSE, LogoutRequest
from workspaces.signin.messages import Posted
from workspaces.signin.models import ConnectionState
from workspaces.signin.reasons import Reason, SignInRefused, reading
from workspaces.signin.redirects import Query
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import keys, sessions, spending

_RELAY_MAX = 1000


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Where a person who signed out here can sign out at their identity provider."""

    label: str
    url: str


def receive(*, ref: ConnectionRef, sent: Query | Posted, at: datetime) -> str:
    """Do what a message asks, or note what came of ours; where the browser goes."""
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    if len(sent.relay_state) > _RELAY_MAX:
        raise SignInRefused(Reason.TOO_LARGE)
    with reading():
        message = logout_messages.decode(sent)
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        idp = selectors.identity_provider(row)
    sp = selectors.service_provider(slug=ref.slug)
    with reading():
        signer = logout_messages.demand_signed(sent, message, idp)
        found = logout_messages.read(message, sp=sp, idp=idp, at=at)
    if not isinstance(found, LogoutRequest):
        tickets.take_logout(ref=ref, request_id=found.in_response_to)
        if not found.is_success:
            raise SignInRefused(Reason.LOGOUT_INCOMPLETE)
        return ""
    with scoping.organization(organization_id=ref.organization.id):
        _obey(ref, found, signer=certificates.fingerprint(signer), at=at)
        key = keys.signing_key(row)
    return _answer(found, sp=sp, idp=idp, key=key, relay_state=sent.relay_state, at=at)


def offer(*, slug: str, named: Named, at: datetime) -> Offer | None:
    """A request of ours to end the session there too; None where nobody takes it.

    The session here has ended before, so what cannot be offered is no failure.
    """
    ref = selectors.connection_by_slug(slug=slug)
    if ref is None or ref.state is not ConnectionState.ACTIVE:
        return None
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        idp = selectors.identity_provider(row)
        key = keys.signing_key(row) if row.slo_url else None
    if key is None:
        return None
    request_id = _new_id()
    try:
        tickets.expect_logout(ref=ref, request_id=request_id)
    except SignInRefused:
        return None
    document = logout_messages.request(
        request_id=request_id,
        sp=selectors.service_provider(slug=ref.slug),
        idp=idp,
        named=named,
        at=at,
    )
    url = redirects.url(idp.slo_url, name=REQUEST, document=document, signing_key=key)
    return Offer(label=ref.label, url=url)


def _answer(
    asked: LogoutRequest,
    *,
    sp: ServiceProvider,
    idp: IdentityProvider,
    key: bytes,
    relay_state: str,
    at: datetime,
) -> str:
    """Back to where the other side wants to know, if it says where that is."""
    if not idp.slo_url:
        return ""
    document = logout_messages.response(
        response_id=_new_id(), request_id=asked.id, sp=sp, idp=idp, at=at
    )
    return redirects.url(
        idp.slo_url,
        name=RESPONSE,
        document=document,
        signing_key=key,
        relay_state=relay_state,
    )


def _new_id() -> str:
    return f"_{secrets.token_hex(20)}"


def _obey(
    ref: ConnectionRef, asked: LogoutRequest, *, signer: str, at: datetime
) -> None:
    spending.spend(
        ref=ref,
        ids=[f"l:{asked.id}"],
        expires_at=asked.expires_at,
        signed_by=[signer],
        at=at,
    )
    sessions.end_named(
        actor=Actor.system("signin"),
        organization_id=ref.organization.id,
        connection_id=ref.id,
        name_id=asked.name_id,
        session_indexes=asked.session_indexes,
        at=at,
    )
