"""Puts the integrity of the log on the overview; a broken or late one waits there."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.log import storage
from audit.log.selectors import late_since
from audit.verification import selectors
from audit.verification.models import AuditVerification
from kit import overview
from kit.actor import Actor
from kit.charts.progress import Progress
from kit.formatting import grouped, relative
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission

# The end of each epoch's last block: there is a block for nearly every second.
_SEALED = """
select coalesce(sum(b.size), 0)
  from generate_series(1, (select epoch from audit_sequencer)) e(epoch)
 cross join lateral (
    select first + n as size from audit_block
     where organization_id = %s and epoch = e.epoch order by first desc limit 1) b
"""


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="audit",
            order=40,
            place=Place.STAT,
            permission=Permission.AUDIT_VIEW,
            build=_integrity,
        )
    )


def _integrity(actor: Actor, at: datetime) -> CardView:
    row, where = selectors.newest_ended(), actor.organization_id
    entries = int(storage.rows("default", _SEALED, where)[0][0])
    status, word, fact = _finding(row, at=at)
    since = None if where is None else late_since(organization_id=where, at=at)
    tasks = [_look(fact)] if status is Status.BAD else []
    tasks += [_wait(since, at=at)] if since else []
    bar = Progress(
        title=fact,
        total=entries,
        done=row.checked if row else 0,
        segments=8,
        is_ok=status is Status.OK,
        is_bad=status is Status.BAD,
    )
    return CardView(
        status=status,
        sentence=_("The audit log does not verify.") if status is Status.BAD else fact,
        template="components/stat.html",
        context={
            "name": _("Audit integrity"),
            "number": grouped(entries),
            "noun": ngettext("entry sealed", "entries sealed", entries),
            "fact": fact,
            "status_kind": status.value,
            "status_word": word,
            "bar": bar,
        },
        tasks=tuple(tasks),
    )


def _look(fact: str) -> Task:
    return Task(
        title=_("The audit log does not verify"),
        fact=fact,
        page="audit:workspace-entries",
        action_label=_("Open the audit log"),
        tone="bad",
        icon_name="alert-octagon",
    )


def _wait(since: datetime, *, at: datetime) -> Task:
    return Task(
        title=_("The seal of the audit log is late"),
        fact=_(
            "The oldest entry without a seal was made %s; nothing proves it yet. The"
            " operator's command “doctor” names what holds the seal back."
        )
        % relative(since, now=at),
        page="audit:workspace-integrity",
        action_label=_("Open Integrity"),
        tone="bad",
        icon_name="alert-octagon",
    )


def _finding(row: AuditVerification | None, *, at: datetime) -> tuple[Status, str, str]:
    if row is None:
        return (
            Status.WAIT,
            _("Not verified yet"),
            _("Once a day by itself; at once on the audit log page."),
        )
    when = relative(row.requested_at, now=at)
    if row.finding:
        fact = _("Entry %(index)s is wrong, found %(when)s.") % {
            "index": grouped(row.first_bad_index or 0),
            "when": when,
        }
        return Status.BAD, _("Broken"), fact
    fact = _("%(n)s of them verified, %(when)s") % {
        "n": grouped(row.checked),
        "when": when,
    }
    return Status.OK, _("Verified"), fact
