"""The verbs of invitations: send, send again, change, revoke, mail, accept."""

from workspaces.invitations.services.accepting import accept
from workspaces.invitations.services.mailing import send_due
from workspaces.invitations.services.sending import (
    AlreadyInvited,
    AlreadyMember,
    InvitationIsOver,
    KeptByProvider,
    NoSeatIsLeft,
    change,
    invite,
    revoke,
    send_again,
)

__all__ = [
    "AlreadyInvited",
    "AlreadyMember",
    "InvitationIsOver",
    "KeptByProvider",
    "NoSeatIsLeft",
    "accept",
    "change",
    "invite",
    "revoke",
    "send_again",
    "send_due",
]
