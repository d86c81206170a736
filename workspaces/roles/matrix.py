"""The built-in roles and what each may do, for workspaces and organizations."""

from collections.abc import Collection
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kit.permissions import Permission
from workspaces.tenancy.plans import RetentionSetter, of


class Role(StrEnum):
    """The built-in roles of a workspace; the value is stored."""

    OWNER = "owner"
    ADMIN = "admin"
    COMPLIANCE_OFFICER = "compliance_officer"
    ANALYTICS_VIEWER = "analytics_viewer"
    MEMBER = "member"


LABELS: dict[Role, str | Promise] = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Admin"),
    Role.COMPLIANCE_OFFICER: _("Compliance officer"),
    Role.ANALYTICS_VIEWER: _("Analytics viewer"),
    Role.MEMBER: _("Member"),
}

_P = Permission
_MEMBER = frozenset({_P.OWN_DATA})
_THROUGH_COMPLIANCE_API = frozenset({_P.COMPLIANCE_READ, _P.COMPLIANCE_DELETE})
_ADMIN = _MEMBER | {
    _P.OVERVIEW_VIEW,
    _P.MEMBERS_VIEW,
    _P.MEMBERS_MANAGE,
    _P.ROLES_VIEW,
    _P.GPTS_VIEW,
    _P.GPTS_MANAGE,
    _P.GPTS_REVIEW,
    _P.CONNECTORS_VIEW,
    _P.CONNECTORS_MANAGE,
    _P.CONNECTORS_RELEASE,
    _P.CONVERSATIONS_VIEW_METADATA,
    _P.POLICIES_VIEW,
    _P.POLICIES_MANAGE,
    _P.HOLDS_VIEW,
    _P.SWEEPS_VIEW,
    _P.SWEEPS_RUN,
    _P.ANALYTICS_VIEW,
    _P.KEYS_MANAGE,
    _P.PROVISIONING_MANAGE,
    _P.INTAKE_WRITE,
    _P.DECISIONS_ASK,
}
_COMPLIANCE = (
    _MEMBER
    | {
        _P.OVERVIEW_VIEW,
        _P.MEMBERS_VIEW,
        _P.ROLES_VIEW,
        _P.GPTS_VIEW,
        _P.CONNECTORS_VIEW,
        _P.CONVERSATIONS_VIEW_METADATA,
        _P.POLICIES_VIEW,
        _P.HOLDS_VIEW,
        _P.HOLDS_MANAGE,
        _P.MATTERS_EXPORT,
        _P.SWEEPS_VIEW,
        _P.ANALYTICS_VIEW,
        _P.AUDIT_VIEW,
        _P.AUDIT_VERIFY,
        _P.AUDIT_EXPORT,
        _P.AUDIT_ERASE,
        _P.INCIDENTS_VIEW,
        _P.INCIDENTS_MANAGE,
        _P.AUDIT_STREAMS,
    }
    | _THROUGH_COMPLIANCE_API
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _ADMIN
    | _COMPLIANCE
    | {_P.ROLES_MANAGE, _P.WORKSPACE_MANAGE, _P.ORGANIZATION_VIEW},
    Role.ADMIN: _ADMIN,
    Role.COMPLIANCE_OFFICER: _COMPLIANCE,
    Role.ANALYTICS_VIEWER: _MEMBER | {_P.OVERVIEW_VIEW, _P.ANALYTICS_VIEW},
    Role.MEMBER: _MEMBER,
}

_AUDIT = frozenset({_P.AUDIT_VIEW, _P.AUDIT_VERIFY, _P.AUDIT_EXPORT, _P.AUDIT_STREAMS})
_ORGANIZATION_ADMIN = _AUDIT | {
    _P.AUDIT_ERASE,
    _P.INCIDENTS_VIEW,
    _P.INCIDENTS_MANAGE,
    _P.ORGANIZATION_VIEW,
    _P.ORGANIZATION_MANAGE,
    _P.KEYS_MANAGE,
    _P.INTAKE_WRITE,
    _P.DECISIONS_ASK,
}
ORGANIZATION_PERMISSIONS: dict[str, frozenset[Permission]] = {
    "owner": _ORGANIZATION_ADMIN | _THROUGH_COMPLIANCE_API | {_P.WORKSPACES_CLOSE},
    "admin": _ORGANIZATION_ADMIN,
}

# On Team the member alone sees and decides; what admins lose there.
_NOT_WHERE_MEMBERS_DECIDE = frozenset(
    {_P.CONVERSATIONS_VIEW_METADATA, _P.POLICIES_MANAGE}
)
# Where members do not chat there is nothing to share, and nothing to connect.
_GPTS = frozenset({_P.GPTS_VIEW, _P.GPTS_MANAGE, _P.GPTS_REVIEW})
_CONNECTORS = frozenset(
    {_P.CONNECTORS_VIEW, _P.CONNECTORS_MANAGE, _P.CONNECTORS_RELEASE}
)
# Roles that owners make may grant all but these: who changes roles, runs the
# organization or the installation is decided elsewhere, and some are for keys alone.
_NOT_GRANTABLE = _THROUGH_COMPLIANCE_API | {
    _P.MATTERS_EXPORT,
    _P.ROLES_MANAGE,
    _P.ORGANIZATION_VIEW,
    _P.ORGANIZATION_MANAGE,
    _P.WORKSPACES_CLOSE,
    _P.OPERATOR,
    _P.INTAKE_WRITE,
    _P.DECISIONS_ASK,
    _P.CONNECTORS_RELEASE,
    _P.OWN_DATA,
    _P.AUDIT_ERASE,
    _P.INCIDENTS_VIEW,
    _P.INCIDENTS_MANAGE,
    _P.AUDIT_STREAMS,
}
GRANTABLE = frozenset(Permission) - _NOT_GRANTABLE
# Who changes something must see it: what a role has to grant along.
SEEN_BY: dict[Permission, Permission] = {
    _P.MEMBERS_MANAGE: _P.MEMBERS_VIEW,
    _P.GPTS_MANAGE: _P.GPTS_VIEW,
    _P.GPTS_REVIEW: _P.GPTS_VIEW,
    _P.CONNECTORS_MANAGE: _P.CONNECTORS_VIEW,
    _P.POLICIES_MANAGE: _P.POLICIES_VIEW,
    _P.HOLDS_MANAGE: _P.HOLDS_VIEW,
    _P.SWEEPS_RUN: _P.SWEEPS_VIEW,
    _P.AUDIT_VERIFY: _P.AUDIT_VIEW,
    _P.AUDIT_EXPORT: _P.AUDIT_VIEW,
}


def permissions_of(
    *, role: str, plan: str, granted: Collection[str] = ()
) -> frozenset[Permission]:
    """What `role` may do in a workspace on `plan`, with what custom roles grant."""
    added = grantable_on(plan) & frozenset(map(Permission, granted))
    return (ROLE_PERMISSIONS[Role(role)] & on_plan(plan)) | added


def on_plan(plan: str) -> frozenset[Permission]:
    """What somebody may do at all in a workspace on `plan`."""
    promised, possible = of(plan), frozenset(Permission)
    if promised.retention_setter is not RetentionSetter.ADMINS:
        possible -= _NOT_WHERE_MEMBERS_DECIDE
    if not promised.admins_may_export_content:
        possible -= {_P.MATTERS_EXPORT}
    if not promised.has_compliance_api:
        possible -= _THROUGH_COMPLIANCE_API
    if not promised.has_chat:
        possible -= _GPTS
    if not promised.has_connectors:
        possible -= _CONNECTORS
    return possible


def grantable_on(plan: str) -> frozenset[Permission]:
    """What a role that owners make may grant in a workspace on `plan`."""
    return GRANTABLE & on_plan(plan)
