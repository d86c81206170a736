"""Lets a member sign in to a connected app with an account of their own.

OAuth 2.0 authorization code flow with PKCE (S256). What holds:

- the redirect URI names workspace and connector, so that no app can answer for another
  (mix-up), and the issuer is compared where the app names itself (RFC 9207);
- an answer is taken once, within ten minutes, in the browser session that began, for
  the member who began: the state is found by its digest, and locked;
- whether the member may is asked before they go and again when they come back, under
  the connector's row lock, so that nobody links what is being closed;
- an answer that is refused is recorded and uses the attempt up.
"""

import hmac
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Outcome as Recorded
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access.verdicts import Verdict
from workspaces.connectors import oauth, rules, sealing, selectors
from workspaces.connectors.controls import End
from workspaces.connectors.models import ConnectorGrant, GrantReview, LinkAttempt
from workspaces.connectors.oauth import AppRefused, AppUnreachable, Tokens, Whose
from workspaces.connectors.services import cutting
from workspaces.connectors.services.settings import stored
from workspaces.connectors.setups import Setup
from workspaces.members.models import Membership
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST = 4_096


class ConnectorIsClosed(Refused):
    """The member may not use the connector; the sentence says why."""

    status = 403


class NotSetUp(Refused):
    """No client of ours is known at the app yet."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """Where the member's browser goes, and what it will ask there."""

    url: str
    host: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an answer: a grant, or the sentence that says why not."""

    grant: ConnectorGrant | None
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """Who comes, from which session, for which connector."""

    actor: Actor
    workspace: WorkspaceRef
    member: Membership
    sign_in: UUID
    redirect_uri: str
    at: datetime


def begin(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    connector: str,
    sign_in: UUID,
    redirect_uri: str,
    at: datetime,
) -> Begun:
    """Remember that the member goes to sign in; an earlier attempt of theirs ends."""
    actor.require(Permission.OWN_DATA)
    with _open(workspace):
        setup = stored(workspace, connector, at=at)
        _demand_open(member, setup)
        state, verifier = secrets.token_urlsafe(32), oauth.new_verifier()
        mine = LinkAttempt.objects.filter(membership_id=member.pk)
        mine.filter(connector_id=setup.row.pk).delete()
        attempt = LinkAttempt(
            workspace_id=workspace.id,
            connector=setup.row,
            membership=member,
            sign_in=sign_in,
            state=_digest(state),
            scopes=list(setup.scopes),
            created_at=at,
            expires_at=at + rules.ATTEMPT_LIVES,
        )
        attempt.sealed_verifier = sealing.seal(
            verifier,
            workspace_id=workspace.id,
            place=sealing.verifier_of(attempt.public_id),
        )
        attempt.save(force_insert=True)
        url = oauth.sign_in_url(
            selectors.app_of(setup),
            redirect_uri=redirect_uri,
            scopes=setup.scopes,
            state=state,
            verifier=verifier,
        )
        host = urlsplit(url).netloc
        return Begun(url=url, host=host, scopes=setup.scopes)


def finish(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    connector: str,
    sign_in: UUID,
    answer: Mapping[str, str],
    redirect_uri: str,
    at: datetime,
) -> Outcome:
    """Take the app's answer; what is refused is recorded and raises nothing."""
    visit = _Visit(
        actor=actor,
        workspace=workspace,
        member=member,
        sign_in=sign_in,
        redirect_uri=redirect_uri,
        at=at,
    )
    with _open(workspace):
        setup = selectors.one(connector=connector)
        try:
            grant = _finished(visit, setup, answer)
        except _NotLinked as refusal:
            _record(visit, setup, Recorded.REFUSED, because=refusal.code)
            return Outcome(
                grant=None, code=refusal.code, sentence=_sentence(refusal, setup)
            )
        _record(visit, setup, Recorded.SUCCESS, grant=grant)
        return Outcome(grant=grant)


def unlink(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    connector: str,
    at: datetime,
) -> bool:
    """End what the member linked, also at its source; whether there was anything."""
    actor.require(Permission.OWN_DATA)
    with _open(workspace):
        setup = selectors.one(connector=connector)
        mine = selectors.working(connector_id=setup.row.pk or 0).filter(
            membership_id=member.pk
        )
        if not cutting.end(mine, setup=setup, why=End.UNLINKED, at=at):
            return False
        recording.record(
            actor=actor,
            action="workspaces.connector-grant.unlinked",
            target=Target(kind="member", id=member.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            details={"connector": connector},
        )
        return True


class _NotLinked(Exception):
    """Why an answer does not link an account; `sentence` where a rule gave one."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(code)
        self.code, self.sentence = code, sentence


def _finished(visit: _Visit, setup: Setup, answer: Mapping[str, str]) -> ConnectorGrant:
    attempt = _attempt(visit, setup, answer)
    _demand_issuer(setup, answer)
    if error := answer.get("error", ""):
        raise _NotLinked("denied" if error == "access_denied" else "app_error")
    code = answer.get("code", "")
    if not code or len(code) > _LONGEST:
        raise _NotLinked("no_code")
    tokens, whose = _tokens(visit, setup, attempt, code)
    locked = stored(visit.workspace, setup.slug, at=visit.at)
    verdict = _may(visit.member, locked)
    if not verdict.allowed:
        _forget(visit, locked, tokens, whose)
        raise _NotLinked("closed", verdict.reason)
    if not rules.domain_allowed(whose.domain, allowed=locked.row.domains):
        _forget(visit, locked, tokens, whose)
        raise _NotLinked("domain")
    if set(attempt.scopes) & set(locked.too_much):
        _forget(visit, locked, tokens, whose)
        raise _NotLinked("narrowed")
    return _kept(visit, locked, tokens, whose, attempt)


def _attempt(visit: _Visit, setup: Setup, answer: Mapping[str, str]) -> LinkAttempt:
    """The attempt that the state names, used up from now on."""
    state = answer.get("state", "")
    digest = _digest(state)
    found = (
        LinkAttempt.objects.filter(
            membership_id=visit.member.pk,
            connector_id=setup.row.pk or 0,
            sign_in=visit.sign_in,
        )
        .select_for_update()
        .first()
    )
    if found is None or not hmac.compare_digest(bytes(found.state), digest):
        raise _NotLinked("unknown_state")
    if found.used_at is not None:
        raise _NotLinked("used")
    found.used_at = visit.at
    found.save(update_fields=["used_at"])
    if found.expires_at <= visit.at:
        raise _NotLinked("expired")
    return found


def _demand_issuer(setup: Setup, answer: Mapping[str, str]) -> None:
    """RFC 9207: an app that names itself must be the one that was asked."""
    told, places = answer.get("iss", ""), setup.endpoints
    if not places.issuer or (not told and not places.sends_issuer):
        return
    if told != places.issuer:
        raise _NotLinked("other_issuer")


def _tokens(
    visit: _Visit, setup: Setup, attempt: LinkAttempt, code: str
) -> tuple[Tokens, Whose]:
    app = selectors.app_of(setup)
    verifier = sealing.opened(
        attempt.sealed_verifier,
        workspace_id=visit.workspace.id,
        place=sealing.verifier_of(attempt.public_id),
    )
    try:
        tokens = oauth.exchange(
            app,
            code=code,
            redirect_uri=visit.redirect_uri,
            verifier=verifier,
            at=visit.at,
        )
        return tokens, oauth.whose(app, tokens)
    except AppRefused as refusal:
        code = "client" if refusal.code in _OUR_CLIENT else "code_refused"
        raise _NotLinked(code) from None
    except AppUnreachable:
        raise _NotLinked("unreachable") from None


def _kept(
    visit: _Visit,
    setup: Setup,
    tokens: Tokens,
    whose: Whose,
    attempt: LinkAttempt,
) -> ConnectorGrant:
    """The member's grant with the new tokens; an account that was linked is replaced.

    Its old tokens are not revoked: at many apps that would end the new ones with them.
    """
    grant = selectors.grant_of(member=visit.member, connector_id=setup.row.pk)
    if grant is None:
        grant = ConnectorGrant(
            workspace_id=visit.workspace.id,
            connector=setup.row,
            membership=visit.member,
        )
    grant.linked_at, grant.refreshed_at = visit.at, None
    fill(grant, tokens, asked=attempt.scopes)
    grant.account_domain = whose.domain[:253]
    grant.sealed_account = sealing.seal(
        whose.name,
        workspace_id=visit.workspace.id,
        place=sealing.account_of(grant.public_id),
    )
    grant.save()
    # A right that somebody takes away in this very moment is asked for once more.
    GrantReview.objects.create(
        workspace_id=visit.workspace.id, membership=visit.member, asked_at=visit.at
    )
    return grant


def fill(grant: ConnectorGrant, tokens: Tokens, *, asked: list[str]) -> None:
    """Put fresh tokens into a grant; an app that names no scopes gave those asked."""
    grant.sealed_tokens = sealing.seal_tokens(
        tokens.stored(), workspace_id=grant.workspace_id, grant=grant.public_id
    )
    grant.scopes = [one[:200] for one in tokens.scopes or asked]
    grant.expires_at = tokens.expires_at


def _forget(visit: _Visit, setup: Setup, tokens: Tokens, whose: Whose) -> None:
    """What came but may not be kept is ended at its source as well."""
    grant = ConnectorGrant(
        workspace_id=visit.workspace.id,
        connector=setup.row,
        membership=visit.member,
        linked_at=visit.at,
        account_domain=whose.domain[:253],
    )
    fill(grant, tokens, asked=[])
    grant.ended_at, grant.end = visit.at, End.REFUSED
    if setup.endpoints.revoke:
        grant.revoke_due_at = visit.at
    else:
        grant.sealed_tokens = b""
    grant.save(force_insert=True)


def _demand_open(member: Membership, setup: Setup) -> None:
    verdict = _may(member, setup)
    if not verdict.allowed:
        raise ConnectorIsClosed(verdict.reason)
    if not setup.is_set_up:
        raise NotSetUp(
            _("An admin of this workspace has to register Custos at %s first.")
            % setup.label
        )


def _may(member: Membership, setup: Setup) -> Verdict:
    if tenants.is_being_emptied(workspace_id=member.workspace_id):
        sentence = _("This workspace is being closed: nothing is linked to it.")
        return Verdict(allowed=False, reason=sentence, value="", trail=())
    found = selectors.standing(member=member, connectors=[setup.slug])
    return found.verdict(setup.slug, needs_link=False)


_OUR_CLIENT = {"invalid_client", "unauthorized_client"}


def _sentence(refusal: _NotLinked, setup: Setup) -> str:
    words = {"app": setup.label}
    sentences = {
        "denied": _("You did not agree at %(app)s, so nothing was linked."),
        "app_error": _("%(app)s answered with an error; nothing was linked."),
        "no_code": _("The answer of %(app)s is not complete; nothing was linked."),
        "unknown_state": _(
            "This answer belongs to no sign-in that was begun in this browser. Begin"
            " again."
        ),
        "used": _("This answer was used already. Begin again."),
        "expired": _("The sign-in took longer than ten minutes. Begin again."),
        "other_issuer": _(
            "The answer came from another server than %(app)s; nothing was linked."
        ),
        "client": _("%(app)s does not accept this workspace: tell an admin."),
        "code_refused": _("%(app)s refused the sign-in. Begin again."),
        "unreachable": _("%(app)s does not answer. Try again in some minutes."),
        "narrowed": _(
            "Meanwhile an admin allowed %(app)s less than you were asked for; nothing"
            " was linked. Begin again."
        ),
        "domain": _(
            "This account is of a domain that this workspace does not allow for"
            " %(app)s; nothing was linked."
        ),
    }
    return refusal.sentence or sentences[refusal.code] % words


def _digest(state: str) -> bytes:
    return sha256(state[:_LONGEST].encode("utf-8", "replace")).digest()


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    visit: _Visit,
    setup: Setup,
    outcome: Recorded,
    *,
    because: str = "",
    grant: ConnectorGrant | None = None,
) -> None:
    details: dict[str, Any] = {"connector": setup.slug}
    if because:
        details["because"] = because
    if grant is not None:
        details |= {"grant": str(grant.public_id), "scopes": list(grant.scopes)}
    recording.record(
        actor=visit.actor,
        action="workspaces.connector-grant.linked",
        target=Target(kind="member", id=visit.member.public_id),
        organization_id=visit.workspace.organization.id,
        workspace=visit.workspace.public_id,
        at=visit.at,
        outcome=outcome,
        details=details,
    )
