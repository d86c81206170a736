"""Index of the app's models; each slice owns its own."""

from workspaces.content.models import Conversation, File, Import, Message
from workspaces.jobs.models import Job
from workspaces.members.models import Membership, User
from workspaces.notices.models import Notice
from workspaces.signin.models import MailDomain, SamlConnection, SpentAssertion
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    Workspace,
)

__all__ = [
    "Conversation",
    "File",
    "Import",
    "Job",
    "MailDomain",
    "Membership",
    "Message",
    "Notice",
    "Organization",
    "OrganizationAdministrator",
    "SamlConnection",
    "SpentAssertion",
    "User",
    "Workspace",
]
