"""Hands a member's token to a front end that acts for this very member.

What holds: whether the member may is decided at this moment; the token is of the
member's own account, so that the app's own permissions apply; each release and each
refusal is recorded. A token that ends within a minute is renewed first, by one worker
at a time under the grant's row lock, in a transaction of its own: an app that rotates
refresh tokens must find the new one stored before anybody else asks.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.access.verdicts import Verdict
from workspaces.connectors import oauth, rules, sealing, selectors
from workspaces.connectors.controls import End
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.oauth import AppRefused, AppUnreachable
from workspaces.connectors.services.linking import fill
from workspaces.connectors.setups import Setup
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef
from workspaces.usage import services as usage
from workspaces.usage.uses import Use

# After these words the sign-in is over; other words tell of faults, ours or theirs.
_OVER = {"invalid_grant", "bad_refresh_token", "token_revoked"}


@dataclass(frozen=True, kw_only=True)
class Released:
    """A token with its bounds, or the verdict that keeps it back.

    `is_unreachable`: the app could not renew it just now, and may later.
    """

    verdict: Verdict
    token: str = field(default="", repr=False)
    kind: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    must_ask: bool = True
    is_unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class _Request:
    """Who asks for whose token, for what."""

    actor: Actor
    workspace: WorkspaceRef
    member: UUID
    connector: str
    action: str
    at: datetime


def release(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    connector: str,
    action: str,
    at: datetime,
) -> Released:
    """The member's token for one action, if the member may use it now."""
    actor.require(Permission.CONNECTORS_RELEASE)
    asked = _Request(
        actor=actor,
        workspace=workspace,
        member=member,
        connector=connector,
        action=action,
        at=at,
    )
    with _open(workspace):
        found = _found(asked)
        if isinstance(found, Released):
            return found
    try:
        _renew(asked, grant_id=found)
    except AppUnreachable:
        with _open(workspace):
            return _kept_back(asked, is_unreachable=True)
    with _open(workspace):
        again = _found(asked, is_renewed=True)
        if isinstance(again, Released):
            return again
        return _kept_back(asked, is_unreachable=True)


def own_token(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    setup: Setup,
    at: datetime,
) -> str:
    """The token of the one who acts, for asking the app on their own behalf.

    Empty where they may not use it now, have not signed in to it, or where the sign-in
    cannot be renewed.
    """
    asked = _Request(
        actor=actor,
        workspace=workspace,
        member=member.public_id,
        connector=setup.slug,
        action="",
        at=at,
    )
    with _open(workspace):
        verdict = selectors.decide(member=member, connector=setup.slug)
        grant = selectors.grant_of(member=member, connector_id=setup.row.pk or 0)
        if grant is None or not verdict.allowed:
            return ""
        is_fresh = rules.is_fresh(expires_at=grant.expires_at, at=at)
    if not is_fresh:
        try:
            _renew(asked, grant_id=grant.pk)
        except AppUnreachable:
            return ""
    with _open(workspace):
        again = selectors.grant_of(member=member, connector_id=setup.row.pk or 0)
        return _tokens(again)["access"] if again else ""


def _found(asked: _Request, *, is_renewed: bool = False) -> Released | int:
    """The token, the refusal, or the number of the grant that must be renewed."""
    row = members.one(member=asked.member)
    setup = selectors.one(connector=asked.connector)
    verdict = selectors.decide(
        member=row, connector=asked.connector, action=asked.action
    )
    if not verdict.allowed:
        _record(asked, row, Outcome.REFUSED, because=verdict.reason)
        return Released(verdict=verdict)
    grant = selectors.grant_of(member=row, connector_id=setup.row.pk)
    if grant is None:
        return 0
    is_fresh = rules.is_fresh(expires_at=grant.expires_at, at=asked.at)
    # Some apps' tokens live shorter than the time that we renew ahead.
    if not is_fresh and not (is_renewed and grant.refreshed_at == asked.at):
        return grant.pk
    return _handed_out(asked, row, setup, grant, verdict)


def _handed_out(
    asked: _Request,
    row: Membership,
    setup: Setup,
    grant: ConnectorGrant,
    verdict: Verdict,
) -> Released:
    tokens = _tokens(grant)
    ConnectorGrant.objects.filter(pk=grant.pk).update(
        releases=F("releases") + 1, released_at=asked.at
    )
    _record(asked, row, Outcome.SUCCESS, grant=grant)
    usage.note(workspace=asked.workspace, use=Use.CONNECTOR, at=asked.at)
    action = setup.action(asked.action)
    return Released(
        verdict=verdict,
        token=tokens["access"],
        kind=tokens["kind"],
        scopes=tuple(grant.scopes),
        expires_at=grant.expires_at,
        must_ask=action is None
        or rules.must_ask(
            str(verdict.value),
            access=action.access,
            is_important=action.is_important,
        ),
    )


def _renew(asked: _Request, *, grant_id: int) -> None:
    """Renew the tokens, unless somebody did while we waited for the row."""
    with _open(asked.workspace):
        grant = (
            ConnectorGrant.objects.filter(pk=grant_id, ended_at__isnull=True)
            .select_for_update()
            .first()
        )
        if grant is None or rules.is_fresh(expires_at=grant.expires_at, at=asked.at):
            return
        refresh_token = _tokens(grant).get("refresh", "")
        if not refresh_token:
            _end(asked, grant, End.EXPIRED)
            return
        setup = selectors.by_id(ids=[grant.connector_id])[grant.connector_id]
        try:
            fresh = oauth.refreshed(
                selectors.app_of(setup), refresh_token=refresh_token, at=asked.at
            )
        except AppRefused as refusal:
            if refusal.code not in _OVER:
                raise AppUnreachable(refusal.code) from None
            _end(asked, grant, End.REVOKED_AT_SOURCE)
            return
        fill(grant, fresh, asked=list(grant.scopes))
        grant.refreshed_at = asked.at
        grant.save(
            update_fields=["sealed_tokens", "scopes", "expires_at", "refreshed_at"]
        )


def _end(asked: _Request, grant: ConnectorGrant, why: End) -> None:
    """The member must sign in again; nothing of the old sign-in is kept."""
    grant.ended_at, grant.end = asked.at, why
    grant.sealed_tokens = grant.sealed_account = b""
    grant.save(update_fields=["ended_at", "end", "sealed_tokens", "sealed_account"])
    recording.record(
        actor=asked.actor,
        action="workspaces.connector-grant.ended",
        target=Target(kind="member", id=asked.member),
        organization_id=asked.workspace.organization.id,
        workspace=asked.workspace.public_id,
        at=asked.at,
        details={"connector": asked.connector, "because": why.value},
    )


def _kept_back(asked: _Request, *, is_unreachable: bool) -> Released:
    row = members.one(member=asked.member)
    reason = _("The app does not renew the member's sign-in just now.")
    _record(asked, row, Outcome.ERROR, because=reason)
    verdict = Verdict(allowed=False, reason=reason, value="", trail=())
    return Released(verdict=verdict, is_unreachable=is_unreachable)


def _tokens(grant: ConnectorGrant) -> dict[str, str]:
    return sealing.opened_tokens(
        grant.sealed_tokens,
        workspace_id=grant.workspace_id,
        grant=grant.public_id,
    )


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    asked: _Request,
    row: Membership,
    outcome: Outcome,
    *,
    because: str = "",
    grant: ConnectorGrant | None = None,
) -> None:
    details = {"connector": asked.connector, "action": asked.action}
    if because:
        details["because"] = because
    if grant is not None:
        details["grant"] = str(grant.public_id)
    recording.record(
        actor=asked.actor,
        action="workspaces.connector-token.released",
        target=Target(kind="member", id=row.public_id),
        organization_id=asked.workspace.organization.id,
        workspace=asked.workspace.public_id,
        at=asked.at,
        outcome=outcome,
        details=details,
    )
