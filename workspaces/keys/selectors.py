"""Which keys and tokens there are, and whom a presented secret stands for.

What is presented is looked up before a scope is open, by the SQL functions of the
migration: they answer for one digest with one tenant, and with what has to be true of
the owner at that moment. Every reason for a no looks the same to the caller.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import credentials, networks, rules, scopes
from workspaces.keys.credentials import Kind
from workspaces.keys.models import ApiKey, ScimToken, TokenScope
from workspaces.keys.rules import State
from workspaces.keys.scopes import Scope
from workspaces.members.models import Membership, MembershipStatus, User
from workspaces.roles.matrix import (
    ORGANIZATION_PERMISSIONS,
    on_plan,
    permissions_of,
)
from workspaces.tenancy.models import OrganizationAdministrator
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

_ORDER: keyset.Order = (("created_at", "desc"), ("id", "desc"))


class UnknownKey(Refused):
    """There is no such key or token here."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class PresentedToken:
    """The token of an identity provider, and the one workspace it may write."""

    id: int
    public_id: UUID
    workspace: WorkspaceRef
    scope: TokenScope
    networks: tuple[str, ...]
    organization_networks: tuple[str, ...]
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PresentedKey:
    """An API key whose owner is still there, and what it may do right now."""

    id: int
    public_id: UUID
    name: str
    organization: OrganizationRef
    workspace: WorkspaceRef | None
    scopes: frozenset[Scope]
    permissions: frozenset[Permission]
    owner: UUID | None
    networks: tuple[str, ...]
    organization_networks: tuple[str, ...]
    expires_at: datetime
    last_used_at: datetime | None


def presented_token(*, secret: str, at: datetime) -> PresentedToken | None:
    """The token that `secret` is, if it opens anything at `at`."""
    row = _row("select * from custos_scim_token(%s)", secret, Kind.SCIM_TOKEN)
    if row is None or row["expires_at"] <= at:
        return None
    return PresentedToken(
        id=row["token_id"],
        public_id=row["token_uuid"],
        workspace=_workspace(row),
        scope=TokenScope(row["scope"]),
        networks=tuple(_json(row["networks"])),
        organization_networks=tuple(_json(row["organization_networks"])),
        last_used_at=row["last_used_at"],
    )


def presented_key(*, secret: str, at: datetime) -> PresentedKey | None:
    """The key that `secret` is, if it and its owner are in force at `at`."""
    row = _row("select * from custos_api_key(%s)", secret, Kind.API_KEY)
    if row is None or row["expires_at"] <= at:
        return None
    workspace = _workspace(row) if row["workspace_id"] else None
    granted = frozenset(Scope(one) for one in _json(row["scopes"]))
    held = _held(
        role=row["owner_role"], workspace=workspace, granted=row["owner_granted"]
    )
    in_force = frozenset(
        one for one in granted if is_grantable(one, held=held, workspace=workspace)
    )
    return PresentedKey(
        id=row["key_id"],
        public_id=row["key_uuid"],
        name=row["key_name"],
        organization=_organization(row),
        workspace=workspace,
        scopes=in_force,
        permissions=held
        & scopes.opened_by(in_force, in_workspace=workspace is not None),
        owner=row["owner_uuid"],
        networks=tuple(_json(row["networks"])),
        organization_networks=tuple(_json(row["organization_networks"])),
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )


def may_come_from(presented: PresentedToken | PresentedKey, *, ip: str) -> bool:
    """Whether it may be used from there: its own networks and its organization's."""
    return networks.admit(networks=presented.networks, ip=ip) and networks.admit(
        networks=presented.organization_networks, ip=ip
    )


def is_grantable(
    scope: Scope, *, held: frozenset[Permission], workspace: WorkspaceRef | None
) -> bool:
    """Whether who holds `held` may have a key with `scope` in that place."""
    wanted = scopes.opens(scope, in_workspace=workspace is not None)
    possible = on_plan(workspace.plan) if workspace else frozenset(Permission)
    return bool(wanted & possible) and wanted & possible <= held


def is_on_plan(scope: Scope, *, workspace: WorkspaceRef | None) -> bool:
    """Whether the plan of the workspace has what `scope` opens."""
    if workspace is None:
        return True
    return bool(scopes.opens(scope, in_workspace=True) & on_plan(workspace.plan))


def api_keys(*, workspace_id: int | None) -> QuerySet[ApiKey]:
    """The keys of a workspace, or those of the organization itself."""
    if workspace_id is None:
        return ApiKey.objects.filter(workspace__isnull=True)
    return ApiKey.objects.filter(workspace_id=workspace_id)


def page(
    *, workspace_id: int | None, after: str | None = None, size: int = 50
) -> keyset.Page[ApiKey]:
    """One page of keys, newest first, ended ones included."""
    found = api_keys(workspace_id=workspace_id)
    return keyset.page(found, order=_ORDER, after=after, size=size)


def one(*, workspace_id: int | None, key: UUID) -> ApiKey:
    """The key with that public id."""
    found = api_keys(workspace_id=workspace_id).filter(public_id=key).first()
    if found is None:
        raise UnknownKey(_("There is no such API key here."))
    return found


def owned_by(*, membership_id: int, at: datetime) -> int:
    """How many working keys a member owns."""
    return ApiKey.objects.filter(
        membership_id=membership_id, revoked_at__isnull=True, expires_at__gt=at
    ).count()


def grantable(
    *, actor: Actor, workspace: WorkspaceRef | None
) -> tuple[list[Scope], list[Scope]]:
    """The scopes that the actor may give a key, and those that somebody else could."""
    possible = [one for one in Scope if is_on_plan(one, workspace=workspace)]
    mine = [
        one
        for one in possible
        if is_grantable(one, held=actor.permissions, workspace=workspace)
    ]
    return mine, [one for one in possible if one not in mine]


def owners_of(*, keys: Iterable[ApiKey]) -> dict[int, str]:
    """Names (or addresses) of the owners of a page of keys, in one query."""
    ids = {key.owner_id for key in keys if key.owner_id}
    people = User.objects.filter(pk__in=ids).values_list("pk", "name", "email")
    return {pk: name or email for pk, name, email in people}


def states_of(*, keys: Sequence[ApiKey], at: datetime) -> dict[int, State]:
    """Where each key of a page stands, in two queries."""
    ties = [key.membership_id for key in keys if key.membership_id]
    memberships = Membership.objects.in_bulk(ties) if ties else {}
    parts = {key.administration_id for key in keys if key.administration_id}
    running = set(
        OrganizationAdministrator.objects.filter(pk__in=parts).values_list(
            "pk", flat=True
        )
        if parts
        else ()
    )
    return {
        key.pk: rules.state(
            expires_at=key.expires_at,
            rotated_at=key.rotated_at,
            revoked_at=key.revoked_at,
            is_owner_here=_is_owner_here(key, memberships, running),
            at=at,
        )
        for key in keys
    }


def scim_tokens() -> list[ScimToken]:
    """The tokens of the workspace whose scope is open, newest first; at most 20."""
    return list(ScimToken.objects.order_by("-created_at", "-id")[:20])


def scim_token(*, token: UUID) -> ScimToken:
    """The token with that public id."""
    found = ScimToken.objects.filter(public_id=token).first()
    if found is None:
        raise UnknownKey(_("There is no such SCIM token here."))
    return found


def _is_owner_here(
    key: ApiKey, memberships: dict[int, Membership], running: set[int]
) -> bool:
    """The same as the SQL function decides for one presented key."""
    if key.owner_id is None:
        return True
    if key.administration_id is not None:
        return key.administration_id in running
    found = memberships.get(key.membership_id or 0)
    return (
        found is not None
        and found.status == MembershipStatus.ACTIVE
        and found.generation == key.generation
    )


def _held(
    *, role: str | None, workspace: WorkspaceRef | None, granted: Sequence[str]
) -> frozenset[Permission]:
    """What the owner may do now; the operator, who has no role, what there is."""
    if role is None:
        return on_plan(workspace.plan) if workspace else frozenset(Permission)
    if workspace is None:
        return ORGANIZATION_PERMISSIONS[role]
    return permissions_of(role=role, plan=workspace.plan, granted=granted)


def _row(sql: str, secret: str, kind: Kind) -> dict[str, Any] | None:
    digest = credentials.digest_of(secret, kind=kind)
    if digest is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql, [digest])
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
    if row is None:
        return None
    found: dict[str, Any] = dict(zip(names, row, strict=True))
    # The index has compared already; this comparison tells nothing by its time.
    is_same = hmac.compare_digest(bytes(found["digest"]), digest)
    return found if is_same else None


def _json(value: Any) -> list[str]:
    read: list[str] = json.loads(value) if isinstance(value, str) else value
    return read


def _organization(row: dict[str, Any]) -> OrganizationRef:
    return OrganizationRef(
        id=row["organization_id"],
        public_id=row["organization_uuid"],
        slug=row["organization_slug"],
        name=row["organization_name"],
    )


def _workspace(row: dict[str, Any]) -> WorkspaceRef:
    return WorkspaceRef(
        organization=_organization(row),
        id=row["workspace_id"],
        public_id=row["workspace_uuid"],
        slug=row["slug"],
        name=row["name"],
        plan=row["plan"],
    )
