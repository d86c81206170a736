"""The verbs of people: found a tenant, add, change, suspend and remove members."""

from workspaces.members.selectors import MemberIsGone
from workspaces.members.services.founding import create_organization, create_workspace
from workspaces.members.services.membership import (
    LastOwnerMustStay,
    RoleIsAnother,
    UnknownRole,
    add,
    change_role,
    known_role,
    let_in,
    reactivate,
    remove,
    suspend,
)
from workspaces.members.services.people import choose_theme, ensure_person, follow
from workspaces.members.services.seats import (
    NoSeatIsFree,
    SeatsOutOfBounds,
    UnknownSeat,
    change_seat,
    set_seats,
)
from workspaces.members.services.seats import known as known_seat
from workspaces.roles.selectors import RoleIsAboveYours

__all__ = [
    "LastOwnerMustStay",
    "MemberIsGone",
    "NoSeatIsFree",
    "RoleIsAboveYours",
    "RoleIsAnother",
    "SeatsOutOfBounds",
    "UnknownRole",
    "UnknownSeat",
    "add",
    "change_role",
    "change_seat",
    "choose_theme",
    "create_organization",
    "create_workspace",
    "ensure_person",
    "follow",
    "known_role",
    "known_seat",
    "let_in",
    "reactivate",
    "remove",
    "set_seats",
    "suspend",
]
