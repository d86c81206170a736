"""The verbs of groups: keep them, and give roles through them."""

from workspaces.groups.services.keeping import (
    Changed,
    GroupGivesMoreThanYours,
    GroupNameIsTaken,
    MemberChange,
    TooManyGroups,
    change,
    create,
    delete,
    forget,
    recognize,
)
from workspaces.groups.services.portal import (
    GroupGivesTooMuch,
    GroupIsManaged,
    admit,
    discard,
    dismiss,
    edit,
    found,
    leave_all,
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
    "GroupGivesTooMuch",
    "GroupIsManaged",
    "GroupNameIsTaken",
    "MemberChange",
    "OwnershipIsOff",
    "TooManyGroups",
    "admit",
    "apply_roles",
    "change",
    "create",
    "delete",
    "discard",
    "dismiss",
    "edit",
    "forget",
    "found",
    "give_role",
    "leave_all",
    "recognize",
    "take_role",
]
