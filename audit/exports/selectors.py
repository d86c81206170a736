"""Which exports there are, and which of them wait for a worker."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from audit.exports import rules
from audit.exports.models import OPEN, AuditExport, State
from audit.log import storage
from kit.http import keyset
from kit.refusals import Refused

_ORDER: keyset.Order = (("requested_at", "desc"), ("id", "desc"))


class NoSuchExport(Refused):
    """There is no such export here, or its file is gone."""

    status = 404


class Stands(StrEnum):
    """Where the file of an export stands."""

    AWAITED = "awaited"
    LIVE = "live"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Why:
    """Until when the file of an export is there, and by what.

    `expires_at` is when it goes, None before it was made; `is_due` says that the next
    worker drops it, within a minute. `is_cut_short`: an erasure of a person ended its
    time. `can_be_cut_short`: another one would.
    """

    stands: Stands
    is_due: bool
    kept_days: int
    made_at: datetime | None
    expires_at: datetime | None
    is_cut_short: bool
    can_be_cut_short: bool


def why(*, export: AuditExport, at: datetime) -> Why:
    """By what the file of an export is there or gone; a worker goes by the same."""
    is_over = rules.is_over(expires_at=export.expires_at, at=at)
    has_file = export.state == State.DONE
    made_at = export.ended_at if export.expires_at else None
    return Why(
        stands=_stands(export, is_over=is_over),
        is_due=has_file and is_over,
        kept_days=rules.KEPT_DAYS,
        made_at=made_at,
        expires_at=export.expires_at,
        is_cut_short=rules.is_cut_short(made_at=made_at, ends_at=export.expires_at),
        can_be_cut_short=has_file and not is_over,
    )


def _stands(export: AuditExport, *, is_over: bool) -> Stands:
    if export.state in OPEN:
        return Stands.AWAITED
    if export.state == State.FAILED:
        return Stands.FAILED
    return Stands.EXPIRED if is_over or export.state == State.EXPIRED else Stands.LIVE


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
