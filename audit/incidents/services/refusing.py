"""Opens an incident where the sequencer refuses to seal a log.

Nothing of such a log is sealed any more, so that the rules, which read what is sealed,
would never hear of it: this asks the sequencer. Each refusal is told once, from when it
began; the incident stays when the log is sealed again, until somebody resolves it.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from audit.incidents import selectors
from audit.incidents.models import Act, AuditIncidentStep
from audit.incidents.rules import Kind
from audit.incidents.services import detecting
from audit.incidents.services.handling import add_step
from audit.log import refusals
from audit.log.details import DetailsAreGone
from audit.log.models import SITE
from audit.log.refusals import Refusal
from audit.log.selectors import Log, NoSuchLog, log_of
from kit import scoping
from kit.one_by_one import one_by_one


def open_refused(*, at: datetime) -> int:
    """Tells every refusal that was not told; how many these were.

    At most a hundred at a time. The installation's own log has nobody on call: `doctor`
    and the alarm of the seal name it.
    """
    found = {one.organization_id: one for one in refusals.some(using="sequencer")}
    found.pop(SITE, None)
    return one_by_one(found, lambda one: _tell(found[one], at=at), what="refused log")


def _tell(refusal: Refusal, *, at: datetime) -> bool:
    one = refusal.organization_id
    # Of a log without a row, or whose key was destroyed, there is nobody to tell.
    with (
        suppress(NoSuchLog, DetailsAreGone),
        scoping.organization(organization_id=one),
    ):
        log = log_of(organization_id=one)
        line = _line(log, refusal)
        if not selectors.setting(kind=Kind.VERIFICATION).is_on:
            return False
        if detecting.turn_at(one) is None:
            return False  # the next tick finds it again
        if AuditIncidentStep.objects.filter(public_id=line).exists():
            return False
        row = detecting.told(
            log, Kind.VERIFICATION, "", workspace=None, counts={"found": 1}, at=at
        )
        text = _(
            "New entries are not sealed any more: the log does not agree with what was"
            " published of it. “doctor” names the reason to the operator."
        )
        by = detecting.DETECTOR.label
        add_step(log, row, Act.NOTED, by=by, text=text, public_id=line, at=at)
        return True
    return False


def _line(log: Log, refusal: Refusal) -> UUID:
    """The line of a timeline that tells this refusal: it can stand there once."""
    return uuid5(log.uuid, f"refused since {refusal.since.isoformat()}")
