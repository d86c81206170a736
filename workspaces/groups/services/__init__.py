"""The verbs of groups: keep them, and give roles through them."""

from workspaces.groups.services.keeping import (
    Changed,
    GroupGivesMoreThanYours,
    GroupNameIsTaken,
    MemberChange,
    change,
    create,
    delete,
    forget,
    recognize,
)
from workspaces.groups.services.roles import (
    OwnershipIsOff,
    apply_roles,
    give_role,
    take_role,
)

__all__ = [
    "Changed",
    "GroupGivesMoreThanYours",
    "GroupNameIsTaken",
    "MemberChange",
    "OwnershipIsOff",
    "apply_roles",
    "change",
    "create",
    "delete",
    "forget",
    "give_role",
    "recognize",
    "take_role",
]
