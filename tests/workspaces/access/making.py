"""Makes roles, groups and assignments for tests, past the services."""

from typing import Any

from audit.explorer.selectors import waiting
from audit.log.selectors import log_of
from kit import scoping
from tests.cast import NOON
from workspaces.access.features import Feature
from workspaces.access.models import (
    CustomRole,
    RoleAssignment,
    RoleGrant,
    RoleSetting,
)
from workspaces.groups.models import Group, GroupMember
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef


def a_role(
    where: WorkspaceRef, name: str, *, grants: tuple[str, ...] = (), **said: str
) -> CustomRole:
    """A custom role that says `said` (by the names of features) and grants `grants`."""
    with opened(where):
        made = CustomRole.objects.create(
            workspace_id=where.id, name=name, folded_name=name.lower(), created_at=NOON
        )
        here = {"workspace_id": where.id, "role": made}
        for feature, value in said.items():
            RoleSetting.objects.create(
                **here, feature=Feature[feature].value, value=value
            )
        for permission in grants:
            RoleGrant.objects.create(**here, permission=permission)
        return made


def assign(where: WorkspaceRef, to: CustomRole, **whom: Any) -> None:
    """Give a role to `membership` or to `group`."""
    with opened(where):
        RoleAssignment.objects.create(
            workspace_id=where.id, role=to, assigned_at=NOON, **whom
        )


def a_group(where: WorkspaceRef, name: str, *people: Membership) -> Group:
    """A group that is kept here, with these members."""
    with opened(where):
        made = Group.objects.create(
            workspace_id=where.id,
            name=name,
            folded_name=name.lower(),
            source="portal",
            created_at=NOON,
        )
        for one in people:
            GroupMember.objects.create(
                workspace_id=where.id, group=made, subject=one.public_id, membership=one
            )
        return made


def recorded(where: WorkspaceRef) -> tuple[str, dict[str, Any]]:
    """The newest entry of the log: its action, and each value before and after."""
    with scoping.organization(organization_id=where.organization.id):
        log = log_of(organization_id=where.organization.id)
        shown = waiting(log=log, workspace=where.public_id)[0]
    assert shown.leaf is not None
    changes = {
        name.removeprefix("change."): value
        for name, value in shown.opened.items()
        if name.startswith("change.")
    }
    return shown.leaf.action, changes


def opened(where: WorkspaceRef) -> Any:
    """The scope of the workspace."""
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
