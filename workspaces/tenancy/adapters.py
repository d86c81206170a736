"""Tells the audit log which organizations must have one."""

from audit.log import owners
from audit.log.owners import Owner
from workspaces.tenancy.selectors import organizations_for_operator


def register() -> None:
    """Called once, when the app is ready."""
    owners.register(_organizations)


def _organizations() -> list[Owner]:
    return [
        Owner(organization_id=one.id, slug=one.slug)
        for one in organizations_for_operator()
    ]
