"""The pages of invitations: the list, sending, a whole list at once, and the link."""

from workspaces.invitations.views.link import invitation
from workspaces.invitations.views.listing import (
    invitations_detail,
    invitations_list,
    invitations_resend,
    invitations_revoke,
    invitations_send,
)
from workspaces.invitations.views.uploads import invitations_confirm, invitations_upload

__all__ = [
    "invitation",
    "invitations_confirm",
    "invitations_detail",
    "invitations_list",
    "invitations_resend",
    "invitations_revoke",
    "invitations_send",
    "invitations_upload",
]
