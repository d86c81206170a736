"""Issues, rotates and revokes API keys of organizations and workspaces.

A key opens no more than its issuer may do, at its issue and at every use. Each verb
first locks the organization's row, so that a repeated command finds the first one.
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
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import credentials, networks, rules, selectors
from workspaces.keys.credentials import Credential, Kind
from workspaces.keys.models import ApiKey
from workspaces.keys.scopes import LABELS, Scope
from workspaces.keys.selectors import PresentedKey
from workspaces.keys.services import lives, replay
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy import naming
from workspaces.tenancy.models import Organization, OrganizationAdministrator
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

USUAL_OVERLAP_HOURS = 24
ALL = "all"


class UnknownScope(Refused):
    """There is no such scope."""

    status = 422


class ScopeNotOnThisPlan(Refused):
    """The workspace's plan lacks what the scope opens."""

    status = 422


class ScopeIsAboveYours(Refused):
    """The scope opens more than the actor may do."""

    status = 403


class OwnerIsGone(Refused):
    """Only who is in the tenant now can own a key of it."""


@dataclass(frozen=True, kw_only=True)
class IssuedKey:
    """A key and, this once, its secret; None where it cannot be shown again."""

    row: ApiKey
    secret: str | None


def issue(
    *,
    actor: Actor,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None = None,
    name: str,
    scopes: Iterable[str],
    days: int = rules.USUAL_DAYS,
    allowed_networks: Iterable[str] = (),
    idempotency_key: str = "",
    at: datetime,
) -> IssuedKey:
    """Give the actor a key that is theirs; the same idempotency key, the same."""
    actor.require(Permission.KEYS_MANAGE)
    granted = _grantable(actor, workspace, list(scopes))
    named, limited = naming.name(name), networks.read(allowed_networks)
    ends_at = lives.end(days=days, at=at)
    once = replay.digest_of(idempotency_key)
    with _locked(organization, workspace):
        if once and (found := _issued_before(once)):
            is_same = found.workspace_id == (workspace.id if workspace else None)
            is_same = is_same and (found.scopes, found.networks) == (granted, limited)
            replay.demand_the_same(is_same=is_same)
            return IssuedKey(row=found, secret=_again(found, at))
        secret = credentials.new(Kind.API_KEY)
        row = _stored(
            secret,
            actor,
            organization,
            workspace,
            at,
            name=named,
            scopes=granted,
            networks=limited,
            expires_at=ends_at,
            idempotency_digest=once,
            **_owner(actor, workspace),
        )
        if once:
            replay.keep(
                organization_id=organization.id,
                issued=row.public_id,
                secret=secret.secret,
            )
        return IssuedKey(row=row, secret=secret.secret)


def rotate(
    *,
    actor: Actor,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None = None,
    key: UUID,
    overlap_hours: int = USUAL_OVERLAP_HOURS,
    at: datetime,
) -> IssuedKey:
    """Give a successor of the same scopes and life; the old one works on for hours.

    The successor belongs to the actor, who may therefore do what it opens.
    """
    actor.require(Permission.KEYS_MANAGE)
    lives.demand_overlap(overlap_hours)
    with _locked(organization, workspace):
        old = selectors.one(workspace_id=_id(workspace), key=key)
        lives.demand_in_force(
            expires_at=old.expires_at,
            rotated_at=old.rotated_at,
            revoked_at=old.revoked_at,
            at=at,
        )
        granted = _grantable(actor, workspace, list(old.scopes))
        life = old.expires_at - old.created_at
        old.rotated_at = at
        old.expires_at = rules.end_of_rotated(
            expires_at=old.expires_at, at=at, hours=overlap_hours
        )
        old.save(update_fields=["rotated_at", "expires_at"])
        ends = {"name": old.name, "ends_at": old.expires_at.isoformat()}
        _record(
            actor, "workspaces.api-key.rotated", old, organization, workspace, at, ends
        )
        secret = credentials.new(Kind.API_KEY)
        row = _stored(
            secret,
            actor,
            organization,
            workspace,
            at,
            name=old.name,
            scopes=granted,
            networks=old.networks,
            expires_at=at + life,
            **_owner(actor, workspace),
        )
        return IssuedKey(row=row, secret=secret.secret)


def revoke(
    *,
    actor: Actor,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None = None,
    key: UUID,
    at: datetime,
) -> ApiKey:
    """End a key, from its next request on."""
    actor.require(Permission.KEYS_MANAGE)
    with _locked(organization, workspace):
        row = selectors.one(workspace_id=_id(workspace), key=key)
        if row.revoked_at is not None:
            return row
        _revoke(row, actor, organization, workspace, at)
        return row


def note_use(*, key: PresentedKey, at: datetime) -> None:
    """Remember that the key was used, at most once in a few minutes."""
    if rules.is_use_noted(last_used_at=key.last_used_at, at=at):
        return
    before = at - rules.USE_IS_NOTED_AFTER
    with scoping.organization(organization_id=key.organization.id):
        ApiKey.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=before), pk=key.id
        ).update(last_used_at=at)


def _grantable(
    actor: Actor, workspace: WorkspaceRef | None, asked: list[str]
) -> list[str]:
    """The scopes asked for, in the catalogue's order; `all` is what the actor may."""
    if asked == [ALL]:
        return [one.value for one in Scope if _may_grant(actor, workspace, one)]
    wanted = {_known(one) for one in asked}
    if not wanted:
        raise UnknownScope(_("Choose at least one scope for the key."))
    for scope in wanted:
        if not selectors.is_on_plan(scope, workspace=workspace):
            raise ScopeNotOnThisPlan(
                _("The plan of this workspace has no “%s”: leave that scope out.")
                % scope.value
            )
        if not _may_grant(actor, workspace, scope):
            raise ScopeIsAboveYours(
                _(
                    "A key with “%(scope)s” (%(label)s) may do more than you: an "
                    "owner can issue it."
                )
                % {"scope": scope.value, "label": LABELS[scope]}
            )
    return [one.value for one in Scope if one in wanted]


def _may_grant(actor: Actor, workspace: WorkspaceRef | None, scope: Scope) -> bool:
    return selectors.is_grantable(scope, held=actor.permissions, workspace=workspace)


def _known(scope: str) -> Scope:
    try:
        return Scope(scope.strip())
    except ValueError:
        raise UnknownScope(
            _("There is no scope “%(scope)s”; the scopes are %(known)s.")
            % {
                "scope": naming.printable(scope),
                "known": ", ".join(one.value for one in Scope),
            }
        ) from None


def _owner(actor: Actor, workspace: WorkspaceRef | None) -> dict[str, Any]:
    """The tie between the key and the person; a key of the operator has none."""
    if actor.kind is ActorKind.OPERATOR:
        return {}
    if workspace is not None:
        member = Membership.objects.filter(
            pk=actor.membership_id or 0, status=MembershipStatus.ACTIVE
        ).first()
        if member is not None:
            return {
                "owner_id": member.user_id,
                "membership_id": member.pk,
                "generation": member.generation,
            }
    else:
        own = OrganizationAdministrator.objects.filter(user_id=actor.user_id or 0)
        if administration := own.first():
            return {
                "owner_id": administration.user_id,
                "administration_id": administration.pk,
            }
    raise OwnerIsGone(_("Only who is in here now can own a key."))


def _stored(
    secret: Credential,
    actor: Actor,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None,
    at: datetime,
    **columns: Any,
) -> ApiKey:
    row = ApiKey.objects.create(
        organization_id=organization.id,
        workspace_id=_id(workspace),
        digest=secret.digest,
        hint=secret.hint,
        created_at=at,
        **columns,
    )
    what = {
        "name": row.name,
        "scopes": list(row.scopes),
        "networks": list(row.networks),
        "expires_at": row.expires_at.isoformat(),
    }
    _record(actor, "workspaces.api-key.issued", row, organization, workspace, at, what)
    return row


def _revoke(
    row: ApiKey,
    actor: Actor,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None,
    at: datetime,
) -> None:
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    replay.forget(issued=row.public_id)
    what = {"name": row.name}
    _record(actor, "workspaces.api-key.revoked", row, organization, workspace, at, what)


def _issued_before(once: bytes) -> ApiKey | None:
    return ApiKey.objects.filter(idempotency_digest=once).first()


def _again(row: ApiKey, at: datetime) -> str | None:
    if row.revoked_at is not None:
        return None
    return replay.find(
        organization_id=row.organization_id,
        issued=row.public_id,
        since=at - row.created_at,
    )


def _id(workspace: WorkspaceRef | None) -> int | None:
    return workspace.id if workspace else None


@contextmanager
def _locked(
    organization: OrganizationRef, workspace: WorkspaceRef | None
) -> Iterator[None]:
    """The tenant's scope with the organization's row locked."""
    with _open(organization, workspace):
        # Only against each other: rows that refer to the organization go on.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.id)
        yield


def _open(
    organization: OrganizationRef, workspace: WorkspaceRef | None
) -> AbstractContextManager[scoping.Scope]:
    if workspace is None:
        return scoping.organization(organization_id=organization.id)
    return scoping.workspace(workspace_id=workspace.id, organization_id=organization.id)


def _record(
    actor: Actor,
    action: str,
    row: ApiKey,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None,
    at: datetime,
    details: dict[str, Any],
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="api_key", id=row.public_id),
        organization_id=organization.id,
        workspace=workspace.public_id if workspace else None,
        at=at,
        details=details,
    )
