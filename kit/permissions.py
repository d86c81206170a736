"""The one catalogue of permissions, and the answer to "may they?" with its reason."""

from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """What a role may allow; the value is stored and shown in refusals."""

    OVERVIEW_VIEW = "overview.view"
    MEMBERS_VIEW = "members.view"
    MEMBERS_MANAGE = "members.manage"
    ROLES_VIEW = "roles.view"
    ROLES_MANAGE = "roles.manage"
    WORKSPACE_MANAGE = "workspace.manage"
    GPTS_VIEW = "gpts.view"
    GPTS_MANAGE = "gpts.manage"
    GPTS_REVIEW = "gpts.review"
    CONNECTORS_VIEW = "connectors.view"
    CONNECTORS_MANAGE = "connectors.manage"
    CONNECTORS_RELEASE = "connectors.release"
    KEYS_MANAGE = "keys.manage"
    PROVISIONING_MANAGE = "provisioning.manage"
    CONVERSATIONS_VIEW_METADATA = "conversations.view_metadata"
    POLICIES_VIEW = "policies.view"
    POLICIES_MANAGE = "policies.manage"
    HOLDS_VIEW = "holds.view"
    HOLDS_MANAGE = "holds.manage"
    MATTERS_EXPORT = "matters.export"
    SWEEPS_VIEW = "sweeps.view"
    SWEEPS_RUN = "sweeps.run"
    ANALYTICS_VIEW = "analytics.view"
    COMPLIANCE_READ = "compliance.read"
    COMPLIANCE_DELETE = "compliance.delete"
    INTAKE_WRITE = "intake.write"
    DECISIONS_ASK = "decisions.ask"
    OWN_DATA = "own_data.use"
    AUDIT_VIEW = "audit.view"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_EXPORT = "audit.export"
    AUDIT_ERASE = "audit.erase"
    INCIDENTS_VIEW = "incidents.view"
    INCIDENTS_MANAGE = "incidents.manage"
    AUDIT_STREAMS = "audit.streams"
    ORGANIZATION_VIEW = "organization.view"
    ORGANIZATION_MANAGE = "organization.manage"
    WORKSPACES_CLOSE = "workspaces.close"
    OPERATOR = "operator.use"


LABELS: dict[Permission, str | Promise] = {
    Permission.OVERVIEW_VIEW: _("See the overview"),
    Permission.MEMBERS_VIEW: _("See members"),
    Permission.MEMBERS_MANAGE: _("Invite and remove members"),
    Permission.ROLES_VIEW: _("See roles and features"),
    Permission.ROLES_MANAGE: _("Change roles"),
    Permission.WORKSPACE_MANAGE: _("Rename the workspace and set its policy text"),
    Permission.GPTS_VIEW: _("See GPTs and how they are shared"),
    Permission.GPTS_MANAGE: _("Govern GPTs: rules, approvals, isolation, owners"),
    Permission.GPTS_REVIEW: _("Review GPTs before they are published"),
    Permission.CONNECTORS_VIEW: _("See connectors"),
    Permission.CONNECTORS_MANAGE: _("Allow, restrict and cut connectors"),
    Permission.CONNECTORS_RELEASE: _("Hand out a member's token for a connector"),
    Permission.KEYS_MANAGE: _("Issue and revoke API keys"),
    Permission.PROVISIONING_MANAGE: _("Set up provisioning (SCIM)"),
    Permission.CONVERSATIONS_VIEW_METADATA: _("See conversations without content"),
    Permission.POLICIES_VIEW: _("See retention policies"),
    Permission.POLICIES_MANAGE: _("Set retention policies"),
    Permission.HOLDS_VIEW: _("See legal holds"),
    Permission.HOLDS_MANAGE: _("Place and release legal holds"),
    Permission.MATTERS_EXPORT: _("Export what a legal hold covers"),
    Permission.SWEEPS_VIEW: _("See sweeps and receipts"),
    Permission.SWEEPS_RUN: _("Start a sweep"),
    Permission.ANALYTICS_VIEW: _("See counts"),
    Permission.COMPLIANCE_READ: _("Read content through the Compliance API"),
    Permission.COMPLIANCE_DELETE: _("Delete content through the Compliance API"),
    Permission.INTAKE_WRITE: _("Store conversations through the intake API"),
    Permission.DECISIONS_ASK: _("Ask the decision API"),
    Permission.OWN_DATA: _("Use own conversations"),
    Permission.AUDIT_VIEW: _("Read the audit log"),
    Permission.AUDIT_VERIFY: _("Verify the audit log"),
    Permission.AUDIT_EXPORT: _("Export the audit log"),
    Permission.AUDIT_ERASE: _("Erase people who left from the audit log"),
    Permission.INCIDENTS_VIEW: _("See incidents"),
    Permission.INCIDENTS_MANAGE: _("Handle incidents and set their rules"),
    Permission.AUDIT_STREAMS: _("Stream the audit log to other systems"),
    Permission.ORGANIZATION_VIEW: _("See the organization"),
    Permission.ORGANIZATION_MANAGE: _("Change the organization"),
    Permission.WORKSPACES_CLOSE: _("Close workspaces"),
    Permission.OPERATOR: _("Operate the installation"),
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Yes or no, with the sentence a page can show."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


class PermissionDenied(DjangoPermissionDenied):
    """The actor lacks a permission; answered with 403 and the reason."""

    def __init__(self, permission: Permission, reason: str) -> None:
        super().__init__(reason)
        self.permission = permission
        self.reason = reason
