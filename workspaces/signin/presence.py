"""Asks at each request whether the session that a browser names still lives.

Nothing is remembered between two requests: a session that was ended, has expired, is
another person's or another organization's, is as good as none from the next request
on. Sessions of operators have no row; they reach into no organization.
"""

from datetime import datetime, timedelta
from typing import Any

from workspaces.members import standing
from workspaces.signin import selectors
from workspaces.signin.selectors import Presence
from workspaces.signin.services import sessions

_SEEN_EVERY = timedelta(minutes=5)


def of(request: Any, *, at: datetime) -> Presence | None:
    """The living session behind a signed-in request, asked once; noted as in use."""
    if not hasattr(request, "_custos_presence"):
        request._custos_presence = _found(request, at=at)
    found: Presence | None = request._custos_presence
    return found


def is_operators(request: Any) -> bool:
    """Whether this is a session that began at /operator/."""
    return standing.is_for(request.session, organization_id=standing.INSTALLATION)


def _found(request: Any, *, at: datetime) -> Presence | None:
    held = standing.held(request.session)
    if held is None:
        return None
    found = selectors.presence(sign_in=held.sign_in)
    if (
        found is None
        or found.user_id != request.user.pk
        or found.organization_id != held.organization_id
        or found.expires_at <= at
    ):
        return None
    if at - found.seen_at >= _SEEN_EVERY:
        sessions.touch(
            organization_id=found.organization_id, sign_in=held.sign_in, at=at
        )
    return found
