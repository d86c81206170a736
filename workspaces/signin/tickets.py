"""Keeps a verified assertion between two requests of the same browser, for seconds.

The identity provider's post is cross-site, so it comes without the session cookie; the
result waits here for the redirect that brings it. Only accepted assertions get this
far: what strangers post is never kept.
"""

import secrets
from dataclasses import asdict

from django.core.cache import cache
from redis import RedisError

from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef

LIFE_SECONDS = 120


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
    key = _key(ref, token)
    try:
        found = cache.get(key)
        is_mine = found is not None and cache.delete(key)
    except RedisError:
        raise SignInRefused(Reason.UNAVAILABLE) from None
    if not is_mine:
        raise SignInRefused(Reason.FINISH_EXPIRED)
    return VerifiedAssertion(**found)


def _key(ref: ConnectionRef, token: str) -> str:
    return f"signin-ticket:{ref.public_id}:{token}"
