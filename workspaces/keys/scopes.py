"""The scopes of API keys: what each one opens, in a workspace and in an organization.

A key never opens more than its owner may do at that moment: what a request may do is
what its key's scopes open and its owner still holds.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kit.permissions import Permission


class Scope(StrEnum):
    """The scopes; the value is stored, typed at the command line and shown."""

    COMPLIANCE_READ = "compliance.read"
    COMPLIANCE_DELETE = "compliance.delete"
    ADMIN_READ = "admin.read"
    ADMIN_WRITE = "admin.write"
    MANAGE_READ = "manage.read"
    MANAGE_WRITE = "manage.write"
    AUDIT_READ = "audit.read"
    INTAKE_WRITE = "intake.write"
    DECISIONS_ASK = "decisions.ask"
    CONNECTORS_RELEASE = "connectors.release"


LABELS: dict[Scope, str | Promise] = {
    Scope.COMPLIANCE_READ: _("Read conversations and files (Compliance API)"),
    Scope.COMPLIANCE_DELETE: _("Delete conversations and files (Compliance API)"),
    Scope.ADMIN_READ: _("Read people, groups and roles (Admin API)"),
    Scope.ADMIN_WRITE: _("Change people, groups and roles (Admin API)"),
    Scope.MANAGE_READ: _("Read policies, holds, sweeps and settings"),
    Scope.MANAGE_WRITE: _("Change policies and settings, start sweeps"),
    Scope.AUDIT_READ: _("Read the audit log"),
    Scope.INTAKE_WRITE: _("Store conversations (intake)"),
    Scope.DECISIONS_ASK: _("Ask whether a member may do something (decisions)"),
    Scope.CONNECTORS_RELEASE: _("Take members' tokens for connected apps"),
}

_P = Permission
_OPENS: dict[Scope, frozenset[Permission]] = {
    Scope.COMPLIANCE_READ: frozenset({_P.COMPLIANCE_READ}),
    Scope.COMPLIANCE_DELETE: frozenset({_P.COMPLIANCE_DELETE}),
    Scope.ADMIN_READ: frozenset({_P.MEMBERS_VIEW}),
    Scope.ADMIN_WRITE: frozenset({_P.MEMBERS_MANAGE, _P.ROLES_MANAGE}),
    Scope.MANAGE_READ: frozenset(
        {_P.OVERVIEW_VIEW, _P.MEMBERS_VIEW, _P.POLICIES_VIEW, _P.HOLDS_VIEW}
        | {_P.SWEEPS_VIEW}
    ),
    Scope.MANAGE_WRITE: frozenset({_P.POLICIES_MANAGE, _P.SWEEPS_RUN}),
    Scope.AUDIT_READ: frozenset({_P.AUDIT_VIEW}),
    Scope.INTAKE_WRITE: frozenset({_P.INTAKE_WRITE}),
    Scope.DECISIONS_ASK: frozenset({_P.DECISIONS_ASK}),
    Scope.CONNECTORS_RELEASE: frozenset({_P.CONNECTORS_RELEASE}),
}
# An organization has permissions of its own; the same scope opens those there.
_OPENS_IN_ORGANIZATION: dict[Scope, frozenset[Permission]] = {
    **_OPENS,
    Scope.ADMIN_READ: frozenset({_P.ORGANIZATION_VIEW}),
    Scope.ADMIN_WRITE: frozenset({_P.ORGANIZATION_MANAGE}),
    Scope.MANAGE_READ: frozenset({_P.ORGANIZATION_VIEW}),
    Scope.MANAGE_WRITE: frozenset({_P.ORGANIZATION_MANAGE}),
}


def opens(scope: Scope, *, in_workspace: bool) -> frozenset[Permission]:
    """The permissions that a request under `scope` may use."""
    return (_OPENS if in_workspace else _OPENS_IN_ORGANIZATION)[scope]


def opened_by(scopes: Iterable[Scope], *, in_workspace: bool) -> frozenset[Permission]:
    """What several scopes open together."""
    parts = (opens(one, in_workspace=in_workspace) for one in scopes)
    return frozenset().union(*parts)
