"""Lets operators in by their password, and strangers try it a few times only.

A try is counted before the password is looked at, so that many at once are no way
round, and taken back when it was right. Strangers cause the entries of refusals: they
hold no address that was typed, which may be a password in the wrong field, and there is
one per reason and source a minute.
"""

import logging
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis import RedisError

from audit import recording
from audit.log import services as log
from audit.recording import Outcome, Target
from kit import limits, scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.members import standing
from workspaces.members.standing import Held
from workspaces.signin.services import sessions

SITE = standing.INSTALLATION  # also the id of the installation's own audit log

_WINDOW_SECONDS = 15 * 60
_MOST_FOR_AN_ADDRESS = 10
_MOST_FROM_A_SOURCE = 30
_QUIET_SECONDS = 60

logger = logging.getLogger(__name__)


class TooManyTries(Refused):
    """Too many wrong passwords, for one address or from one place."""

    status = 429


def take_try(*, email: str, ip: str) -> None:
    """Count a try, or refuse it; without the cache nothing counts, and none is."""
    try:
        # In order, and no further than the first: a source that is refused already
        # leaves nothing behind for each address that it makes up.
        is_too_often = any(_counted(key) > most for key, most in _counters(email, ip))
    except RedisError:
        # The operator is who would have to repair it.
        logger.warning("tries to sign in as operator are not counted")
        return
    if is_too_often:
        raise TooManyTries(
            _("Too many tries to sign in. Come back in a quarter of an hour.")
        )


def begin_session(
    *,
    actor: Actor,
    session: MutableMapping[str, Any],
    before: Held | None,
    email: str,
    ip: str,
    at: datetime,
) -> None:
    """Bind a session to the installation: it reaches into no organization.

    `before` is what the browser was signed in with until now; it ends.
    """
    if before is not None:
        sessions.replace(before, at=at)
    for key, _most in _counters(email, ip):
        with suppress(RedisError, ValueError):
            cache.decr(key)
    standing.begin(session, organization_id=SITE, accesses=())
    _record(actor, at=at)


def refuse(*, code: str, ip: str, at: datetime) -> None:
    """Record a refused try, unless one like it was just recorded."""
    try:
        if not cache.add(_key("quiet", code, limits.asker_at(ip)), 1, _QUIET_SECONDS):
            return
    except RedisError:
        # Without the cache nothing bounds the entries; the process log has to do.
        logger.warning("operator sign-in refused: %s", code)
        return
    log.open_site_log(at=at)
    _record(
        Actor.system("signin"),
        at=at,
        outcome=Outcome.REFUSED,
        details={"code": code, "ip": ip},
    )


def _counters(email: str, ip: str) -> list[tuple[str, int]]:
    return [
        (_key("source", limits.asker_at(ip)), _MOST_FROM_A_SOURCE),
        (_key("address", email.strip().lower()), _MOST_FOR_AN_ADDRESS),
    ]


def _counted(key: str) -> int:
    cache.add(key, 0, _WINDOW_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ended in between
        return 1


def _key(*parts: str) -> str:
    return f"operator-tries:{sha256(' '.join(parts).encode()).hexdigest()[:32]}"


def _record(actor: Actor, *, at: datetime, **more: Any) -> None:
    with scoping.organization(organization_id=SITE):
        recording.record(
            actor=actor,
            action="workspaces.operator.signed-in",
            target=Target(kind="installation", id=UUID(int=0)),
            organization_id=SITE,
            at=at,
            **more,
        )
