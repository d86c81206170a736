"""The verbs of people: found a tenant, add, change, suspend and remove members."""

from workspaces.members.selectors import MemberIsGone
from workspaces.members.services.founding import create_organization, create_workspace
from workspaces.members.services.membership import (
    LastOwnerMustStay,
    RoleIsAboveYours,
    RoleIsAnother,
    UnknownRole,
    add,
    change_role,
    let_in,
    reactivate,
    remove,
    suspend,
)
from workspaces.members.services.people import choose_theme, ensure_person, follow

__all__ = [
    "LastOwnerMustStay",
    "MemberIsGone",
    "RoleIsAboveYours",
    "RoleIsAnother",
    "UnknownRole",
    "add",
    "change_role",
    "choose_theme",
    "create_organization",
    "create_workspace",
    "ensure_person",
    "follow",
    "let_in",
    "reactivate",
    "remove",
    "suspend",
]
