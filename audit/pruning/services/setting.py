"""Sets for how long an organization keeps the entries of its log."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from audit import recording
from audit.log.selectors import Log
from audit.pruning import rules
from audit.pruning.models import AuditPruning
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused


class DaysOutOfBounds(Refused):
    """Fewer days than a year, or more than twenty years."""

    status: ClassVar[int] = 422


def set_days(*, actor: Actor, log: Log, days: int | None, at: datetime) -> bool:
    """After how many days entries go, None: never; False where nothing changes.

    Ask `selectors.preview` before. A shorter time counts after `rules.GRACE`.
    """
    actor.require(Permission.AUDIT_ERASE)
    if days is not None and not rules.SHORTEST_DAYS <= days <= rules.LONGEST_DAYS:
        raise DaysOutOfBounds(
            _("Entries are kept for %(least)d to %(most)d days, or for ever.")
            % {"least": rules.SHORTEST_DAYS, "most": rules.LONGEST_DAYS}
        )
    with scoping.organization(organization_id=log.organization_id):
        row = AuditPruning(organization_id=log.organization_id, due_at=at)
        AuditPruning.objects.bulk_create([row], ignore_conflicts=True)
        row = AuditPruning.objects.select_for_update().get()
        before = row.days
        if before == days:
            return False
        row.days, row.due_at = (
            days,
            rules.due_at(row.due_at, before=before, after=days, at=at),
        )
        row.save(update_fields=["days", "due_at"])
        recording.record(
            actor=actor,
            action="audit.log.retention-changed",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            at=at,
            changes={"days": (before, days)},
        )
    return True
