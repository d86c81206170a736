"""Answers which incidents a workspace has, and which there are at all."""

from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from retention.incidents.models import Incident
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

_LASTING = """
select workspace_id, subject from retention_incident
where kind = %(kind)s and resolved_at is null
"""
_WORKSPACES = """
select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name, w.plan
from workspaces_workspace w join workspaces_organization o on o.id = w.organization_id
where w.id = any(%(ids)s)
"""


def lasting() -> QuerySet[Incident]:
    """The incidents of the open workspace that are not over, oldest first."""
    return Incident.objects.filter(resolved_at__isnull=True).order_by("opened_at", "id")


def lasting_everywhere(*, kind: str, using: str) -> set[tuple[int, str]]:
    """Workspace and subject of each, for the role that sees them all."""
    return set(_rows(_LASTING, using=using, kind=kind))


def workspaces(*, ids: Iterable[int], using: str) -> dict[int, WorkspaceRef]:
    """These workspaces by their ids, for the role that sees them all."""
    return {
        row[4]: WorkspaceRef(
            organization=OrganizationRef(
                id=row[0], public_id=row[1], slug=row[2], name=row[3]
            ),
            id=row[4],
            public_id=row[5],
            slug=row[6],
            name=row[7],
            plan=row[8],
        )
        for row in _rows(_WORKSPACES, using=using, ids=list(ids))
    }


def _rows(sql: str, *, using: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
