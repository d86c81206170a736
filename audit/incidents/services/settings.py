"""Sets what an organization wants of the rules."""

from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.incidents import selectors
from audit.incidents.models import AuditIncidentRule
from audit.incidents.rules import LONGEST_MINUTES, MOST, Kind
from audit.log.leaf import Json
from audit.log.selectors import Log
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused


class OutOfBounds(Refused):
    """A threshold or a window that a rule cannot have."""


def change_rule(
    *,
    actor: Actor,
    log: Log,
    kind: Kind,
    is_on: bool,
    threshold: int,
    minutes: int,
    at: datetime,
) -> bool:
    """Turns a rule on or off, or moves its threshold; False where nothing changes."""
    actor.require(Permission.INCIDENTS_MANAGE)
    if not (1 <= threshold <= MOST and 1 <= minutes <= LONGEST_MINUTES):
        raise OutOfBounds(
            _("A threshold is 1 to %(most)d, a window 1 to %(minutes)d minutes.")
            % {"most": MOST, "minutes": LONGEST_MINUTES}
        )
    with scoping.organization(organization_id=log.organization_id):
        was = selectors.setting(kind=kind)
        before = (was.is_on, was.rule.threshold, was.rule.minutes)
        after = (is_on, threshold, minutes)
        if before == after:
            return False
        AuditIncidentRule.objects.update_or_create(
            organization_id=log.organization_id,
            kind=kind.value,
            defaults={"is_on": is_on, "threshold": threshold, "minutes": minutes},
        )
        names = ("is_on", "threshold", "minutes")
        changes: dict[str, tuple[Json, Json]] = {
            name: (old, new)
            for name, old, new in zip(names, before, after, strict=True)
            if old != new
        }
        recording.record(
            actor=actor,
            action="audit.incident-rule.changed",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            at=at,
            changes=changes,
            details={"kind": kind.value},
        )
    return True
