"""The verbs of roles: keep them, change what they give, and give them to people."""

from workspaces.access.services.assigning import (
    AssignedAlready,
    GivesMoreThanYours,
    NotAssigned,
    assign_to_group,
    assign_to_member,
    end_assignments,
    take_from_group,
    take_from_member,
)
from workspaces.access.services.changing import (
    ChangedMeanwhile,
    NothingChanges,
    NotOnThisPlan,
    set_baseline,
    set_role,
)
from workspaces.access.services.keeping import (
    RoleNameIsTaken,
    TooManyRoles,
    create,
    delete,
    rename,
)

__all__ = [
    "AssignedAlready",
    "ChangedMeanwhile",
    "GivesMoreThanYours",
    "NotAssigned",
    "NotOnThisPlan",
    "NothingChanges",
    "RoleNameIsTaken",
    "TooManyRoles",
    "assign_to_group",
    "assign_to_member",
    "create",
    "delete",
    "end_assignments",
    "rename",
    "set_baseline",
    "set_role",
    "take_from_group",
    "take_from_member",
]
