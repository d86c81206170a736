"""Asks for an export and downloads it; each is recorded."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.exports import files, selectors
from audit.exports import rules as exports
from audit.exports.models import AuditExport, Form
from audit.exports.selectors import NoSuchExport
from audit.log.selectors import Log
from audit.query import rules
from audit.recording import Target
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

MOST_WAITING = 5
"""Exports of one organization that may wait or run at a time."""


class TooManyExports(Refused):
    """The organization has enough exports under way."""

    status = 409


def request(
    *,
    actor: Actor,
    log: Log,
    workspace: UUID | None,
    form: Form,
    query: str,
    at: datetime,
) -> AuditExport:
    """Leaves a row for the next free worker; the edge rings the bell."""
    actor.require(Permission.AUDIT_EXPORT)
    if selectors.waiting() >= MOST_WAITING:
        raise TooManyExports(
            _("%s exports are under way. Wait until one of them is done.")
            % MOST_WAITING
        )
    row = AuditExport.objects.create(
        organization_id=log.organization_id,
        workspace=workspace,
        form=form,
        query=rules.parse(query).text,
        requested_by=actor.id,
        requested_at=at,
    )
    record(row, actor=actor, action="audit.export.requested", at=at)
    return row


def download(
    *, actor: Actor, log: Log, workspace: UUID | None, export: UUID, at: datetime
) -> tuple[AuditExport, Iterator[bytes]]:
    """The file; taking it is recorded before its first byte leaves."""
    actor.require(Permission.AUDIT_EXPORT)
    row = selectors.one(export=export, workspace=workspace)
    if exports.is_over(expires_at=row.expires_at, at=at):
        raise NoSuchExport(_("The days of this export are over. Ask for a new one."))
    pieces = files.opened(row, log=log)
    record(row, actor=actor, action="audit.export.downloaded", at=at)
    return row, pieces


def record(
    row: AuditExport,
    *,
    actor: Actor,
    action: str,
    at: datetime,
    counts: dict[str, int] | None = None,
    digests: dict[str, str] | None = None,
    outcome: str = recording.Outcome.SUCCESS,
) -> None:
    """One act about an export, with its form and query as details."""
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="export", id=row.public_id),
        organization_id=row.organization_id,
        workspace=row.workspace,
        at=at,
        outcome=outcome,
        counts=counts,
        digests=digests,
        details={"form": row.form, "query": row.query},
    )
