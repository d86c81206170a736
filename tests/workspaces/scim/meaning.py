"""What the provider's writes mean in the portal, as tests ask for it."""

from typing import Any

from audit.log.models import AuditEntry
from kit import scoping
from tests.workspaces.signin import unpacking
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef


def scope(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )


def status(where: WorkspaceRef, address: str) -> str:
    """How a person stands here; nothing for who never was a member."""
    with scope(where):
        found = Membership.objects.filter(email=address).first()
        return str(found.status) if found else ""


def role(where: WorkspaceRef, address: str) -> str:
    with scope(where):
        return Membership.objects.get(email=address).role


def entries(where: WorkspaceRef) -> list[dict[str, Any]]:
    """The leaves of the organization's log, oldest first."""
    with scoping.organization(organization_id=where.organization.id):
        return [unpacking.leaf(row.leaf) for row in AuditEntry.objects.order_by("id")]


def actions(where: WorkspaceRef) -> list[str]:
    return [entry["action"] for entry in entries(where)]
