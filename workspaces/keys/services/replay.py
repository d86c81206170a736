"""Answers a repeated command: the same issue, and its secret for a few minutes.

A script whose answer was lost repeats its command with the same idempotency key. For
REPLAY_SECONDS it gets the secret again, afterwards only the id. Until then the secret
lies in the cache, sealed with the organization's key and bound to its row: never in
the database, in a backup or in clear (docs/adr/0030-secrets-shown-once.md).
"""

import logging
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis import RedisError

from kit import sealing, vault
from kit.refusals import Refused
from workspaces.tenancy.models import Organization

REPLAY_SECONDS = 600
_LONGEST_KEY = 255

logger = logging.getLogger(__name__)


class BadIdempotencyKey(Refused):
    """Text that cannot tell one command from another."""

    status = 422


class IdempotencyKeyIsTaken(Refused):
    """The idempotency key was used before, for something else."""


def digest_of(idempotency_key: str) -> bytes | None:
    """What is stored of the key; None where the caller gave none."""
    if not idempotency_key:
        return None
    if len(idempotency_key) > _LONGEST_KEY:
        raise BadIdempotencyKey(
            _("An idempotency key has at most %d characters.") % _LONGEST_KEY
        )
    return sha256(idempotency_key.encode(errors="surrogatepass")).digest()


def demand_the_same(*, is_same: bool) -> None:
    """Refuse a key that was used with other arguments."""
    if not is_same:
        raise IdempotencyKeyIsTaken(
            _(
                "This idempotency key was used before with other arguments: repeat "
                "the command exactly, or choose another key."
            )
        )


def keep(*, organization_id: int, issued: UUID, secret: str) -> None:
    """Keep the secret for a repetition; without a cache there is none."""
    sealed = sealing.seal(
        secret.encode(), key=_key(organization_id), aad=_place(issued)
    )
    try:
        cache.set(_name(issued), sealed, REPLAY_SECONDS)
    except RedisError:
        logger.warning("the cache does not answer; a repetition gets no secret")


def find(*, organization_id: int, issued: UUID, since: timedelta) -> str | None:
    """The secret of a recent issue; None once the time is over."""
    if since >= timedelta(seconds=REPLAY_SECONDS):
        return None
    try:
        sealed = cache.get(_name(issued))
        if sealed is None:
            return None
        key = _key(organization_id)
        return sealing.open_sealed(sealed, key=key, aad=_place(issued)).decode()
    except (RedisError, sealing.CannotOpen):
        return None


def forget(*, issued: UUID) -> None:
    """A revoked secret is not handed out again."""
    try:
        cache.delete(_name(issued))
    except RedisError:
        logger.warning("the cache does not answer; what it keeps ends by itself")


def _key(organization_id: int) -> bytes:
    key_id = Organization.objects.get(pk=organization_id).key_id
    return vault.read_keys([key_id])[key_id]


def _name(issued: UUID) -> str:
    return f"issued-secret:{issued}"


def _place(issued: UUID) -> bytes:
    return sealing.binding(table="issued-secret", row=issued, column="secret")
