"""Index of the app's models; each slice owns its own."""

from workspaces.content.models import Conversation, File, Import, Message
from workspaces.jobs.models import Job
from workspaces.members.models import Membership, User
from workspaces.notices.models import Notice
from workspaces.signin.models import (
    BreakGlassOwner,
    IdpCertificate,
    MailDomain,
    RoleRule,
    SamlConnection,
    SignInAttempt,
    SignInSession,
    SpentAssertion,
    SpKey,
)
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    Workspace,
)

__all__ = [
    "BreakGlassOwner",
    "Conversation",
    "File",
    "IdpCertificate",
    "Import",
    "Job",
    "MailDomain",
    "Membership",
    "Message",
    "Notice",
    "Organization",
    "OrganizationAdministrator",
    "RoleRule",
    "SamlConnection",
    "SignInAttempt",
    "SignInSession",
    "SpKey",
    "SpentAssertion",
    "User",
    "Workspace",
]
