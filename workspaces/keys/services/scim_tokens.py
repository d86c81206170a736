"""Issues, rotates and revokes the tokens of identity providers.

Each verb first locks the workspace's row, so that two at once take turns: at most two
tokens work at any time, which the two slots enforce in the database as well.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import credentials, networks, rules, selectors
from workspaces.keys.credentials import Credential, Kind
from workspaces.keys.models import SLOTS, ScimToken, TokenScope
from workspaces.keys.selectors import PresentedToken
from workspaces.keys.services import lives, replay
from workspaces.tenancy import naming
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

USUAL_OVERLAP_HOURS = 24 * 7


class TwoTokensWork(Refused):
    """A workspace has at most two tokens that work at once."""


class UnknownTokenScope(Refused):
    """There is no such scope of a token."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A token and, this once, its secret; None where it cannot be shown again."""

    row: ScimToken
    secret: str | None


def issue(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    days: int = rules.USUAL_TOKEN_DAYS,
    scope: str = TokenScope.USERS_AND_GROUPS,
    allowed_networks: Iterable[str] = (),
    idempotency_key: str = "",
    at: datetime,
) -> IssuedToken:
    """Give the provider of a workspace a token; the same idempotency key, the same."""
    actor.require(Permission.PROVISIONING_MANAGE)
    ends_at = lives.end(days=days, at=at)
    known, limited = _known_scope(scope), networks.read(allowed_networks)
    once = replay.digest_of(idempotency_key)
    with _locked(workspace):
        if once and (found := _issued_before(once)):
            is_same = (found.scope, found.networks) == (known, limited)
            replay.demand_the_same(is_same=is_same)
            return IssuedToken(row=found, secret=_again(found, workspace, at))
        secret = credentials.new(Kind.SCIM_TOKEN)
        row = _stored(
            secret,
            actor,
            workspace,
            at,
            scope=known,
            networks=limited,
            expires_at=ends_at,
            idempotency_digest=once,
        )
        if once:
            replay.keep(
                organization_id=workspace.organization.id,
                issued=row.public_id,
                secret=secret.secret,
            )
        return IssuedToken(row=row, secret=secret.secret)


def rotate(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    token: UUID,
    overlap_hours: int = USUAL_OVERLAP_HOURS,
    at: datetime,
) -> IssuedToken:
    """Give a successor of the same scope and life; the old one works on for a while."""
    actor.require(Permission.PROVISIONING_MANAGE)
    lives.demand_overlap(overlap_hours)
    with _locked(workspace):
        old = selectors.scim_token(token=token)
        lives.demand_in_force(
            expires_at=old.expires_at,
            rotated_at=old.rotated_at,
            revoked_at=old.revoked_at,
            at=at,
        )
        life = old.expires_at - old.created_at
        old.rotated_at = at
        old.expires_at = rules.end_of_rotated(
            expires_at=old.expires_at, at=at, hours=overlap_hours
        )
        old.slot = old.slot if old.expires_at > at else None
        old.save(update_fields=["rotated_at", "expires_at", "slot"])
        _record(
            actor,
            "workspaces.scim-token.rotated",
            old,
            workspace,
            at,
            details={"ends_at": old.expires_at.isoformat()},
        )
        secret = credentials.new(Kind.SCIM_TOKEN)
        row = _stored(
            secret,
            actor,
            workspace,
            at,
            scope=TokenScope(old.scope),
            networks=old.networks,
            expires_at=at + life,
        )
        return IssuedToken(row=row, secret=secret.secret)


def revoke(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    token: UUID,
    at: datetime,
    reason: str = "",
) -> ScimToken:
    """End a token, from the provider's next request on."""
    actor.require(Permission.PROVISIONING_MANAGE)
    with _locked(workspace):
        row = selectors.scim_token(token=token)
        if row.revoked_at is not None:
            return row
        row.revoked_at, row.slot = at, None
        row.save(update_fields=["revoked_at", "slot"])
        replay.forget(issued=row.public_id)
        _record(
            actor, "workspaces.scim-token.revoked", row, workspace, at, reason=reason
        )
        return row


def note_use(*, token: PresentedToken, at: datetime) -> None:
    """Remember that the token was used, at most once in a few minutes."""
    if rules.is_use_noted(last_used_at=token.last_used_at, at=at):
        return
    before = at - rules.USE_IS_NOTED_AFTER
    with _open(token.workspace):
        ScimToken.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=before), pk=token.id
        ).update(last_used_at=at)


def _stored(
    secret: Credential,
    actor: Actor,
    workspace: WorkspaceRef,
    at: datetime,
    **columns: Any,
) -> ScimToken:
    row = ScimToken.objects.create(
        workspace_id=workspace.id,
        digest=secret.digest,
        hint=secret.hint,
        slot=_free_slot(at),
        created_by=actor.id,
        created_at=at,
        **columns,
    )
    _record(
        actor,
        "workspaces.scim-token.issued",
        row,
        workspace,
        at,
        details={
            "scope": str(row.scope),
            "networks": list(row.networks),
            "expires_at": row.expires_at.isoformat(),
        },
    )
    return row


def _free_slot(at: datetime) -> int:
    """The lowest slot that no working token holds; expired ones give theirs back."""
    ended = ScimToken.objects.filter(slot__isnull=False, expires_at__lte=at)
    ended.update(slot=None)
    taken = set(
        ScimToken.objects.filter(slot__isnull=False).values_list("slot", flat=True)
    )
    free = [slot for slot in SLOTS if slot not in taken]
    if not free:
        raise TwoTokensWork(
            _(
                "Two SCIM tokens work in this workspace already: revoke the one that "
                "your identity provider no longer uses."
            )
        )
    return free[0]


def _issued_before(once: bytes) -> ScimToken | None:
    return ScimToken.objects.filter(idempotency_digest=once).first()


def _again(row: ScimToken, workspace: WorkspaceRef, at: datetime) -> str | None:
    if row.revoked_at is not None:
        return None
    return replay.find(
        organization_id=workspace.organization.id,
        issued=row.public_id,
        since=at - row.created_at,
    )


def _known_scope(scope: str) -> TokenScope:
    try:
        return TokenScope(scope)
    except ValueError:
        raise UnknownTokenScope(
            _("There is no token scope “%(scope)s”; there are %(known)s.")
            % {
                "scope": naming.printable(scope),
                "known": ", ".join(TokenScope.values),
            }
        ) from None


@contextmanager
def _locked(workspace: WorkspaceRef) -> Iterator[None]:
    """The workspace's scope with its row locked: whoever issues next waits."""
    with _open(workspace):
        # Only against each other: rows that refer to the workspace go on.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        yield


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    actor: Actor,
    action: str,
    row: ScimToken,
    workspace: WorkspaceRef,
    at: datetime,
    **what: Any,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="scim_token", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        **what,
    )
