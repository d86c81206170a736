"""Exports that were asked for and made."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from audit.exports import files, services
from audit.exports.models import AuditExport, Form
from audit.log.selectors import log_of
from kit import scoping
from tests.audit.conftest import AT, MARA, Tenant

HERE = UUID("5b1e8c46-4a0e-4b52-9f38-7d9a7a0c6e01")
THERE = UUID("7c2f9d57-5b1f-4c63-8a49-8eab8b1d7f02")


def asked(
    tenant: Tenant,
    form: Form = Form.JSONL,
    *,
    workspace: UUID | None = None,
    query: str = "",
) -> AuditExport:
    with scoping.organization(organization_id=tenant.id):
        return services.request(
            actor=MARA,
            log=log_of(organization_id=tenant.id),
            workspace=workspace,
            form=form,
            query=query,
            at=AT,
        )


def again(row: AuditExport) -> AuditExport:
    with scoping.organization(organization_id=row.organization_id):
        return AuditExport.objects.get(pk=row.pk)


def content(row: AuditExport) -> bytes:
    with scoping.organization(organization_id=row.organization_id):
        log = log_of(organization_id=row.organization_id)
        return b"".join(files.opened(again(row), log=log))


def made(row: AuditExport, *, at: datetime = AT) -> bytes:
    """The file once a worker was there."""
    services.work_due(clock=lambda: at)
    return content(row)


@pytest.fixture
def as_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(written: bytes) -> Path:
        path = tmp_path / "export.zip"
        path.write_bytes(written)
        return path

    return write
