"""Which sessions there are, and where they reach."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection as database

from workspaces.members.models import User
from workspaces.signin.models import (
    Method,
    SignInSession,
)

MOST_SESSIONS = 100


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A session that has not ended, and what decides where it reaches.

    `is_bound_to_sso`: the person's address lies in a domain that the organization has
    proven. `organization_requires_sso`: one of its workspaces does.
    """

    organization_id: int
    user_id: int
    method: Method
    connection_id: int | None
    seen_at: datetime
    expires_at: datetime
    portal_networks: tuple[str, ...]
    is_bound_to_sso: bool
    organization_requires_sso: bool


def presence(*, sign_in: UUID) -> Presence | None:
    """The session of that name, if it has not ended; asked before a scope is open."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_session(%s)", [sign_in])
        row = cursor.fetchone()
    if row is None:
        return None
    return Presence(
        organization_id=row[0],
        user_id=row[1],
        method=Method(row[2]),
        connection_id=row[3],
        seen_at=row[4],
        expires_at=row[5],
        portal_networks=tuple(json.loads(row[6])),
        is_bound_to_sso=row[7],
        organization_requires_sso=row[8],
    )


def session(*, sign_in: UUID) -> SignInSession | None:
    """The row of a session of the organization in scope."""
    return SignInSession.objects.filter(public_id=sign_in).first()


def living_sessions(*, user: User, at: datetime) -> list[SignInSession]:
    """The sessions of a person in the organization in scope, newest first."""
    found = SignInSession.objects.filter(user=user, ended_at=None, expires_at__gt=at)
    return list(found.order_by("-began_at", "-id")[:MOST_SESSIONS])
