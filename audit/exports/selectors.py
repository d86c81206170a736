"""Which exports there are, and which of them wait for a worker."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.exports.models import OPEN, AuditExport
from audit.log import storage
from kit.http import keyset
from kit.refusals import Refused

_ORDER: keyset.Order = (("requested_at", "desc"), ("id", "desc"))


class NoSuchExport(Refused):
    """There is no such export here, or its file is gone."""

    status = 404


def listed(
    *, workspace: UUID | None, after: str | None = None
) -> keyset.Page[AuditExport]:
    """One page of the organization's exports, or of those of one workspace."""
    rows = AuditExport.objects.all()
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    return keyset.page(rows, order=_ORDER, after=after)


def one(*, export: UUID, workspace: UUID | None) -> AuditExport:
    """One export of the organization, or of one workspace."""
    rows = AuditExport.objects.filter(public_id=export)
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    found = rows.first()
    if found is None:
        raise NoSuchExport(_("There is no such export."))
    return found


def waiting() -> int:
    """How many exports of the organization wait or run."""
    return AuditExport.objects.filter(state__in=OPEN).count()


def due(*, at: datetime, limit: int) -> list[tuple[int, int, bool]]:
    """Id, organization, and whether the file is past its days: of all organizations."""
    return [
        (row[0], row[1], row[2])
        for row in storage.rows(
            "default", "select * from audit_due_exports(%s, %s)", at, limit
        )
    ]
