"""Lets somebody say that they have seen that entries are missing in a stream."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from audit.streams import selectors
from audit.streams.models import AuditStream
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

Settle = Callable[[Actor, AuditStream, datetime], None]
"""Told in the transaction in which a gap is acknowledged: incidents stop paging."""

_settling: list[Settle] = []


class NoGapToAcknowledge(Refused):
    """Nothing is missing, or somebody has acknowledged it already."""


def register(settle: Settle) -> None:
    """Adds who is told; registering the same again changes nothing."""
    if settle not in _settling:
        _settling.append(settle)


def acknowledge_gap(*, actor: Actor, stream: AuditStream, at: datetime) -> None:
    """Takes the newest gap off the overview; it stays on the page of the stream."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=stream.organization_id):
        row = AuditStream.objects.select_for_update().get(pk=stream.pk)
        gap = selectors.gap_of(stream=row)
        if gap is None or gap.is_acknowledged:
            raise NoGapToAcknowledge(_("There is no gap that nobody acknowledged."))
        row.gap_acknowledged_at = at
        row.save(update_fields=["gap_acknowledged_at"])
        recording.record(
            actor=actor,
            action="audit.stream.gap-acknowledged",
            target=Target(kind="stream", id=row.public_id),
            organization_id=row.organization_id,
            workspace=row.workspace,
            details={"name": row.name, "found": gap.at.isoformat()},
            at=at,
        )
        for settle in _settling:
            settle(actor, row, at)
