"""Keeps a verified assertion between two requests of the same browser, for seconds.

The identity provider's post is cross-site, so it comes without the session cookie; the
result waits here for the redirect that brings it. Only accepted assertions get this
far: what strangers post is never kept.
"""

import logging
import secrets
from dataclasses import asdict
from hashlib import sha256
from uuid import UUID

from django.core.cache import cache
from redis import RedisError

from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef

LIFE_SECONDS = 120
_LOGOUT_SECONDS = 600

logger = logging.getLogger(__name__)


def keep(*, ref: ConnectionRef, assertion: VerifiedAssertion) -> str:
    """Store the assertion; whoever has the returned token can take it once."""
    token = secrets.token_urlsafe(32)
    try:
        cache.set(_key(ref, token), asdict(assertion), LIFE_SECONDS)
    except RedisError:
        raise SignInRefused(Reason.UNAVAILABLE) from None
    return token


def take(*, ref: ConnectionRef, token: str) -> VerifiedAssertion:
    """The stored assertion, the first time it is asked for."""
    try:
        key = _key(ref, token)
        found = cache.get(key)
        is_mine = found is not None and cache.delete(key)
    except RedisError:
        raise SignInRefused(Reason.UNAVAILABLE) from None
    if not is_mine:
        raise SignInRefused(Reason.FINISH_EXPIRED)
    return VerifiedAssertion(**found)


def forget_all(*, connection: UUID) -> None:
    """Let no ticket of that connection be taken any more, of whomever it is.

    A ticket tells nobody whose it is before it is taken; who loses one signs in again.
    """
    try:
        cache.set(_round(connection), secrets.token_urlsafe(8), 2 * LIFE_SECONDS)
    except RedisError:
        # Nothing can be taken from a cache that does not answer.
        logger.warning("the cache does not answer; tickets end by themselves")


def expect_logout(*, ref: ConnectionRef, request_id: str) -> None:
    """Remember a sign-out request of ours; only signed-in people cause one."""
    try:
        cache.set(_logout_key(ref, request_id), "asked", _LOGOUT_SECONDS)
    except RedisError:
        raise SignInRefused(Reason.UNAVAILABLE) from None


def take_logout(*, ref: ConnectionRef, request_id: str) -> None:
    """Use up a sign-out request of ours; refused where it is none."""
    try:
        is_mine = cache.delete(_logout_key(ref, request_id))
    except RedisError:
        raise SignInRefused(Reason.UNAVAILABLE) from None
    if not is_mine:
        raise SignInRefused(Reason.LOGOUT_UNKNOWN)


def _logout_key(ref: ConnectionRef, request_id: str) -> str:
    name = sha256(request_id.encode()).hexdigest()
    return f"signout-request:{ref.public_id}:{name}"


def _key(ref: ConnectionRef, token: str) -> str:
    # Once a round's name has expired, so has every ticket from before it.
    current = cache.get(_round(ref.public_id), "")
    return f"signin-ticket:{ref.public_id}:{current}:{token}"


def _round(connection: UUID) -> str:
    return f"signin-tickets:{connection}"
