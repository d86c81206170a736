"""The pages of members: the list, one member, the seats, and the chosen theme."""

from workspaces.members.views.detail import members_detail, members_role, members_seat
from workspaces.members.views.listing import members_list
from workspaces.members.views.seats import members_seats
from workspaces.members.views.themes import theme

__all__ = [
    "members_detail",
    "members_list",
    "members_role",
    "members_seat",
    "members_seats",
    "theme",
]
