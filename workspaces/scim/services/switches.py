"""Switches what the provider of a workspace may do beyond its own users."""

from datetime import datetime

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.groups import selectors as circles
from workspaces.groups import services as groups
from workspaces.roles.matrix import Role
from workspaces.scim import selectors
from workspaces.scim.models import ScimSettings
from workspaces.tenancy.selectors import WorkspaceRef


def switch(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    adopts: bool,
    makes_owners: bool,
    at: datetime,
) -> None:
    """Let the provider adopt members, and groups make owners, or not any more.

    Both reach people above an admin, so they take who may change roles.
    """
    actor.require(Permission.ROLES_MANAGE)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        before = selectors.settings()
        after = selectors.Settings(adopts=adopts, makes_owners=makes_owners)
        if before == after:
            return
        ScimSettings.objects.update_or_create(
            workspace_id=workspace.id,
            defaults={"adopts": adopts, "makes_owners": makes_owners},
        )
        recording.record(
            actor=actor,
            action="workspaces.scim-settings.changed",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes=_changes(before, after),
        )
        if before.makes_owners != makes_owners:
            groups.apply_roles(
                actor=actor,
                workspace=workspace,
                memberships=_of_owning_groups(),
                may_own=makes_owners,
                at=at,
            )


def _changes(
    before: selectors.Settings, after: selectors.Settings
) -> dict[str, tuple[bool, bool]]:
    found = {
        "adopts": (before.adopts, after.adopts),
        "makes_owners": (before.makes_owners, after.makes_owners),
    }
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _of_owning_groups() -> list[int]:
    return [
        membership
        for group, role in circles.roles_by_group().items()
        if role == Role.OWNER
        for membership in circles.members_of(group_id=group)
    ]
