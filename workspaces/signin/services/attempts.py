"""Keeps a trace of refused sign-ins that an administrator can find by its reference.

Strangers cause these entries, so they hold ids and codes only, and there is one per
connection, reason and source a minute: posts cannot grow the log.
"""

import logging
import secrets
from datetime import datetime
from hashlib import sha256

from django.core.cache import cache
from redis import RedisError

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from workspaces.signin.reasons import SignInRefused
from workspaces.signin.selectors import ConnectionRef

logger = logging.getLogger(__name__)

SIGN_IN = "workspaces.session.signed-in"
SIGN_OUT = "workspaces.session.signed-out"
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_QUIET_SECONDS = 60


def refused(
    *,
    ref: ConnectionRef,
    refusal: SignInRefused,
    ip: str,
    at: datetime,
    action: str = SIGN_IN,
) -> str:
    """Record the refusal unless one like it was just recorded; its reference."""
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    source = sha256(ip.encode()).hexdigest()[:16]
    key = f"signin-refused:{ref.id}:{refusal.reason}:{source}"
    try:
        if not cache.add(key, reference, _QUIET_SECONDS):
            return str(cache.get(key, reference))
    except RedisError:
        # Without the cache nothing bounds the entries; the process log has to do.
        logger.warning("sign-in refused: %s %s", refusal.reason.value, reference)
        return reference
    with scoping.organization(organization_id=ref.organization.id):
        recording.record(
            actor=Actor.system("signin"),
            action=action,
            target=Target(kind="connection", id=ref.public_id),
            organization_id=ref.organization.id,
            at=at,
            outcome=Outcome.REFUSED,
            details={"code": refusal.reason.value, "reference": reference, "ip": ip},
        )
    return reference
