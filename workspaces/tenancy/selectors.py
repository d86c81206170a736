"""Which tenant a URL, a person or a command means, asked before a scope is open.

The SQL functions of the migration answer: they run as the owner of the tables and
give ids of what the person may enter, so nothing here depends on a scope.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from kit import scoping, vault
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.tenancy.models import (
    TAKES_PEOPLE,
    Organization,
    Workspace,
    WorkspaceState,
)


class UnknownTenant(Refused):
    """No such organization or workspace (for this person): answered with 404."""


@dataclass(frozen=True, kw_only=True)
class OrganizationRef:
    """An organization as every slice passes it on."""

    id: int
    public_id: UUID
    slug: str
    name: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceRef:
    """A workspace with its organization."""

    organization: OrganizationRef
    id: int
    public_id: UUID
    slug: str
    name: str
    plan: str


@dataclass(frozen=True, kw_only=True)
class Access:
    """What one active membership opens; `granted` is what custom roles add."""

    workspace: WorkspaceRef
    membership_id: int
    membership_public_id: UUID
    role: str
    generation: int
    sso: str
    # From when its policy text stands before its pages; None where there is nothing to
    # acknowledge.
    acknowledge_from: datetime | None = None
    granted: frozenset[str]
    # When the grace of the workspace's closing ends; None where nobody closes it.
    closes_at: datetime | None = None
    is_emptying: bool = False


@dataclass(frozen=True, kw_only=True)
class Administration:
    """An organization that a person runs."""

    organization: OrganizationRef
    role: str


def workspace_by_slug(*, slug: str) -> WorkspaceRef:
    """The workspace named `slug`, whoever asks: for commands, never for requests."""
    rows = _rows("select * from custos_workspace(%s)", slug)
    if not rows:
        raise UnknownTenant(_("There is no workspace “%s”.") % slug)
    return _workspace(rows[0])


def organization_by_slug(*, slug: str) -> OrganizationRef:
    """The organization named `slug`: for commands, never for requests."""
    rows = _rows("select * from custos_organization(%s)", slug)
    if not rows:
        raise UnknownTenant(_("There is no organization “%s”.") % slug)
    return _organization(rows[0])


def workspace_in_scope(*, workspace_id: int) -> WorkspaceRef:
    """The workspace of that id, in the scope of its organization."""
    row = Workspace.objects.select_related("organization").get(pk=workspace_id)
    owner = row.organization
    return WorkspaceRef(
        organization=OrganizationRef(
            id=owner.pk, public_id=owner.public_id, slug=owner.slug, name=owner.name
        ),
        id=row.pk,
        public_id=row.public_id,
        slug=row.slug,
        name=row.name,
        plan=row.plan,
    )


def is_being_emptied(*, workspace_id: int) -> bool:
    """Whether the grace of its closing is over: what is stored in it is deleted."""
    rows = Workspace.objects.filter(pk=workspace_id)
    return rows.exclude(state__in=TAKES_PEOPLE).exists()


def organizations_for_operator() -> list[OrganizationRef]:
    """All organizations: for commands only."""
    with scoping.operator():
        return [
            OrganizationRef(
                id=row.pk, public_id=row.public_id, slug=row.slug, name=row.name
            )
            for row in Organization.objects.order_by("id")
        ]


def accesses_of(*, user_id: int) -> list[Access]:
    """Every workspace the person may enter, by name."""
    return [
        Access(
            workspace=_workspace(row),
            membership_id=row["membership_id"],
            membership_public_id=row["membership_uuid"],
            role=row["role"],
            generation=row["generation"],
            sso=row["sso"],
            acknowledge_from=row["acknowledge_from"],
            granted=frozenset(row["granted"]),
            closes_at=row["closes_at"],
            is_emptying=row["state"] == WorkspaceState.EMPTYING,
        )
        for row in _rows("select * from custos_memberships_of(%s)", user_id)
    ]


def access_of(*, actor: Actor) -> Access:
    """The membership under which a person acts."""
    for access in accesses_of(user_id=actor.user_id or 0):
        if access.membership_id == actor.membership_id:
            return access
    raise UnknownTenant(_("This person acts in no workspace."))


def administrations_of(*, user_id: int) -> list[Administration]:
    """Every organization the person runs, by name."""
    return [
        Administration(organization=_organization(row), role=row["role"])
        for row in _rows("select * from custos_administrations_of(%s)", user_id)
    ]


def _rows(sql: str, argument: str | int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [argument])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


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


def organization_key() -> bytes:
    """The key that seals what the organization in scope owns itself."""
    key_id = Organization.objects.values_list("key_id", flat=True).get()
    return vault.read_keys([key_id])[key_id]
