"""Begins sessions and ends them: one, a person's, a connection's, or a name's.

A session is a row; the browser only names it. Whoever lets a person in has recorded
the sign-in before `begin`; every end is recorded here. Ending what has ended already
changes nothing and is not recorded again.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.members import standing
from workspaces.members.models import User
from workspaces.members.standing import Held
from workspaces.signin import rules, selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import Method, SignInSession

_IP_MAX = 45
_AGENT_MAX = 400


class SessionIsGone(Refused):
    """There is no such session, or it has ended already."""

    status = 404


def begin(
    *,
    session: SessionBase,
    organization_id: int,
    user: User,
    method: Method,
    ip: str,
    user_agent: str,
    at: datetime,
    connection_id: int | None = None,
    name_id: str = "",
    session_index: str = "",
    ends_at: datetime | None = None,
    before: Held | None = None,
) -> SignInSession:
    """Store a session, and tie the browser's fresh one to it and to its end.

    `before` is what the browser was signed in with until now; it ends. `name_id` and
    `session_index` are what the identity provider will name at its logout.
    """
    seconds = rules.session_seconds(
        own_max=timedelta(seconds=settings.SESSION_COOKIE_AGE), ends_at=ends_at, at=at
    )
    if before is not None:
        replace(before, at=at)
    with scoping.organization(organization_id=organization_id):
        row = SignInSession.objects.create(
            organization_id=organization_id,
            user=user,
            method=method,
            connection_id=connection_id,
            name_id_hash=_hash(name_id) if connection_id is not None else None,
            index_hash=_hash(session_index) if session_index else None,
            ip=ip[:_IP_MAX],
            user_agent=user_agent[:_AGENT_MAX],
            began_at=at,
            seen_at=at,
            expires_at=at + timedelta(seconds=seconds),
        )
    standing.begin(
        session,
        organization_id=organization_id,
        accesses=selectors.accesses(user=user, organization_id=organization_id),
        sign_in=row.public_id,
    )
    session.set_expiry(seconds)
    return row


def touch(*, organization_id: int, sign_in: UUID, at: datetime) -> None:
    """Note that a session was in use; the edge asks for it every few minutes only."""
    with scoping.organization(organization_id=organization_id):
        _living().filter(public_id=sign_in, seen_at__lt=at).update(seen_at=at)


def end(
    *,
    actor: Actor,
    organization_id: int,
    sign_in: UUID,
    reason: EndReason,
    at: datetime,
) -> None:
    """End one session; the browser that has it is signed out at its next request."""
    with scoping.organization(organization_id=organization_id):
        row = _living().filter(public_id=sign_in).select_related("user").first()
        if row is None or not _ended(_living().filter(pk=row.pk), reason, at):
            raise SessionIsGone(_("This session has ended already."))
        _record_end(
            actor, row.user, organization_id=organization_id, reason=reason, at=at
        )


def end_all_of(
    *,
    actor: Actor,
    organization_id: int,
    user: User,
    reason: EndReason,
    at: datetime,
    but: UUID | None = None,
    method: Method | None = None,
) -> int:
    """End all sessions of a person in one organization, `but` one; how many.

    `method` narrows it to those that began that way.
    """
    with scoping.organization(organization_id=organization_id):
        found = _living().filter(user=user)
        if method is not None:
            found = found.filter(method=method)
        if but is not None:
            found = found.exclude(public_id=but)
        count = _ended(found, reason, at)
        if count:
            _record_end(
                actor,
                user,
                organization_id=organization_id,
                reason=reason,
                at=at,
                count=count,
            )
        return count


def end_all_through(
    *,
    actor: Actor,
    organization_id: int,
    connection_id: int,
    connection: UUID,
    reason: EndReason,
    at: datetime,
) -> int:
    """End all sessions that began through a connection; how many."""
    with scoping.organization(organization_id=organization_id):
        count = _ended(_living().filter(connection_id=connection_id), reason, at)
        if count:
            recording.record(
                actor=actor,
                action="workspaces.session.ended",
                target=Target(kind="connection", id=connection),
                organization_id=organization_id,
                at=at,
                details={"reason": reason.value, "sessions": count},
            )
        return count


def end_named(
    *,
    actor: Actor,
    organization_id: int,
    connection_id: int,
    name_id: str,
    session_indexes: tuple[str, ...],
    at: datetime,
) -> int:
    """End what an identity provider's logout names; how many sessions that were.

    Without an index it means all sessions of that name. A session that began without
    one ends with any logout of its name: which of them is meant cannot be told.
    """
    with scoping.organization(organization_id=organization_id):
        found = _living().filter(
            connection_id=connection_id, name_id_hash=_hash(name_id)
        )
        rows = [
            row
            for row in found.select_related("user")
            if not session_indexes
            or row.index_hash is None
            or bytes(row.index_hash) in {_hash(one) for one in session_indexes}
        ]
        reason = EndReason.IDP_LOGOUT
        for user in {row.user for row in rows}:
            mine = [row.pk for row in rows if row.user_id == user.pk]
            count = _ended(_living().filter(pk__in=mine), reason, at)
            if count:
                _record_end(
                    actor,
                    user,
                    organization_id=organization_id,
                    reason=reason,
                    at=at,
                    count=count,
                )
        return len(rows)


def sign_out(*, actor: Actor, session: SessionBase, at: datetime) -> None:
    """End the session of this browser at its person's wish, and record that.

    An operator's session has no row: it reaches into no organization.
    """
    organization_id = session.get(standing.ORGANIZATION)
    if organization_id is None:
        return
    held = standing.held(session)
    with scoping.organization(organization_id=organization_id):
        if held is not None:
            mine = _living().filter(public_id=held.sign_in)
            _ended(mine, EndReason.SIGNED_OUT, at)
        recording.record(
            actor=actor,
            action="workspaces.session.signed-out",
            target=Target(kind="user", id=actor.id),
            organization_id=organization_id,
            at=at,
        )


def replace(before: Held, *, at: datetime) -> None:
    """End what a browser held until now, also of somebody else or elsewhere."""
    with scoping.organization(organization_id=before.organization_id):
        mine = _living().filter(public_id=before.sign_in)
        row = mine.select_related("user").first()
        if row is not None and _ended(mine, EndReason.REPLACED, at):
            _record_end(
                Actor.system("signin"),
                row.user,
                organization_id=before.organization_id,
                reason=EndReason.REPLACED,
                at=at,
            )


def _living() -> QuerySet[SignInSession]:
    return SignInSession.objects.filter(ended_at=None)


def _ended(found: QuerySet[SignInSession], reason: EndReason, at: datetime) -> int:
    return found.update(ended_at=at, end_reason=reason.value)


def _record_end(
    actor: Actor,
    user: User,
    *,
    organization_id: int,
    reason: EndReason,
    at: datetime,
    count: int = 1,
) -> None:
    recording.record(
        actor=actor,
        action="workspaces.session.ended",
        target=Target(kind="user", id=user.public_id),
        organization_id=organization_id,
        at=at,
        details={"reason": reason.value, "sessions": count},
    )


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
