"""Index of the app's models; each slice owns its own."""

from workspaces.content.models import Conversation, File, Import, Message
from workspaces.members.models import Membership, User
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    Workspace,
)

__all__ = [
    "Conversation",
    "File",
    "Import",
    "Membership",
    "Message",
    "Organization",
    "OrganizationAdministrator",
    "User",
    "Workspace",
]
