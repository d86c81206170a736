"""Index of the app's models; each slice owns its own."""

from workspaces.access.models import (
    Baseline,
    CustomRole,
    RoleAssignment,
    RoleGrant,
    RoleSetting,
)
from workspaces.connectors.models import (
    Connector,
    ConnectorCut,
    ConnectorDefaults,
    ConnectorGrant,
    GrantReview,
    LinkAttempt,
)
from workspaces.content.models import Conversation, File, Import, Message
from workspaces.gpts.models import (
    ActionDomain,
    Gpt,
    GptFile,
    GptPolicy,
    GptReview,
    GptShare,
    GptVersion,
    ThirdPartyApproval,
)
from workspaces.groups.models import (
    FormerGroupMember,
    GivenRole,
    Group,
    GroupMember,
    GroupRole,
)
from workspaces.invitations.models import Invitation
from workspaces.jobs.models import Job
from workspaces.joining.models import JoinRequest
from workspaces.keys.models import ApiKey, ScimToken
from workspaces.members.models import Headcount, Membership, User
from workspaces.notices.models import Notice
from workspaces.offboarding.models import DepartureCall, OffboardingReport
from workspaces.projects.models import (
    Memory,
    MemoryChoice,
    Project,
    ProjectFile,
    ProjectShare,
)
from workspaces.scim.models import ScimRequest, ScimResource, ScimSettings
from workspaces.settings.models import Acknowledgement, PolicyText
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    IdpCertificate,
    MailDomain,
    MailedSecret,
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
from workspaces.usage.models import DailyUse

__all__ = [
    "Acknowledgement",
    "ActionDomain",
    "ApiKey",
    "Baseline",
    "BreakGlassCredential",
    "BreakGlassOwner",
    "Connector",
    "ConnectorCut",
    "ConnectorDefaults",
    "ConnectorGrant",
    "Conversation",
    "CustomRole",
    "DailyUse",
    "DepartureCall",
    "File",
    "FormerGroupMember",
    "GivenRole",
    "Gpt",
    "GptFile",
    "GptPolicy",
    "GptReview",
    "GptShare",
    "GptVersion",
    "GrantReview",
    "Group",
    "GroupMember",
    "GroupRole",
    "Headcount",
    "IdpCertificate",
    "Import",
    "Invitation",
    "Job",
    "JoinRequest",
    "LinkAttempt",
    "MailDomain",
    "MailedSecret",
    "Membership",
    "Memory",
    "MemoryChoice",
    "Message",
    "Notice",
    "OffboardingReport",
    "Organization",
    "OrganizationAdministrator",
    "PolicyText",
    "Project",
    "ProjectFile",
    "ProjectShare",
    "RoleAssignment",
    "RoleGrant",
    "RoleRule",
    "RoleSetting",
    "SamlConnection",
    "ScimRequest",
    "ScimResource",
    "ScimSettings",
    "ScimToken",
    "SignInAttempt",
    "SignInSession",
    "SpKey",
    "SpentAssertion",
    "ThirdPartyApproval",
    "User",
    "Workspace",
]
