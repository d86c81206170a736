"""What the audit log says of an act, as those read it who may."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.log.details import opened
from audit.log.models import AuditDetail, AuditEntry, AuditLog
from kit import scoping
from workspaces.tenancy.selectors import WorkspaceRef

Recorded = Callable[[WorkspaceRef, str], list[dict[str, Any]]]


@pytest.fixture
def recorded() -> Recorded:
    """The details of every entry of an action, the oldest first."""

    def read(where: WorkspaceRef, action: str) -> list[dict[str, Any]]:
        with scoping.organization(organization_id=where.organization.id):
            log = AuditLog.objects.get(organization_id=where.organization.id)
            entries = AuditEntry.objects.filter(
                organization_id=where.organization.id
            ).order_by("id")
            leaves = {one.pk: json.loads(bytes(one.leaf)) for one in entries}
            found = []
            for pk, leaf in leaves.items():
                if leaf["action"] != action:
                    continue
                row = AuditDetail.objects.filter(entry_id=pk, part="event").first()
                fields = _fields(row, leaf, log) if row else {}
                found.append(fields)
            return found

    return read


def _fields(row: AuditDetail, leaf: dict[str, Any], log: AuditLog) -> dict[str, Any]:
    details = opened(
        bytes(row.sealed), leaf_id=leaf["id"], part=row.part, key_id=log.key_id
    )
    return {one.name: one.value for one in details}
