"""Pages the next contact about each open incident until somebody acknowledges it.

The incident itself says when its next page is due. One transaction picks whose turn it
is, puts mail and call where they wait to be sent, and moves that time on: killed before
it commits nobody was paged and the page is still due; killed after, the outbox sends.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.incidents import rules, selectors
from audit.incidents.kinds import SAID, SEVERITIES
from audit.incidents.models import Act, AuditIncident, AuditPageCall, AuditRota
from audit.incidents.places import incident_url
from audit.incidents.rules import RULES, Kind, State
from audit.incidents.services.handling import add_step
from audit.log.details import DetailsAreGone
from audit.log.selectors import log_of
from audit.recording import Target
from kit import on_call, scoping
from kit.actor import Actor
from kit.ids import new_uuid
from kit.one_by_one import one_by_one

PAGER = Actor.system("pager")


def page_due(*, at: datetime, limit: int = 1_000) -> int:
    """Pages for every incident whose next page is due; how many people were paged."""
    return one_by_one(
        selectors.due_pages(at=at, limit=limit),
        lambda one: _page(*one, at=at),
        what="incident",
    )


def _page(incident_id: int, organization_id: int, *, at: datetime) -> int:
    # Of an organization whose key was destroyed nobody is left to page.
    with suppress(DetailsAreGone):
        return page(incident_id=incident_id, organization_id=organization_id, at=at)
    return 0


def page(*, incident_id: int, organization_id: int, at: datetime) -> bool:
    """Pages the next contact about one incident, unless another worker does."""
    with scoping.organization(organization_id=organization_id):
        row = (
            AuditIncident.objects.select_for_update(skip_locked=True)
            .filter(pk=incident_id, state=State.OPEN, page_due_at__lte=at)
            .first()
        )
        if row is None:
            return False
        rota = selectors.rota(organization_id=organization_id)
        found = on_call.desk().reachable(organization_id=organization_id)
        emails = {one.person: one.email for one in found}
        # Where nobody set a rota the owners are paged, never nobody.
        contacts = rota.contacts or rules.by_default(
            owners=[one.person for one in found if one.is_owner]
        )
        turn = rules.turn(step=row.page_step, contacts=contacts, reachable=emails)
        if turn is not None:
            row.page_step = turn[0] + 1
        row.page_due_at = at + rules.wait_after(
            step=row.page_step, contacts=len(contacts), minutes=rota.minutes
        )
        if turn is not None:
            _put(row, rota, at=at)
            _tell(row, turn[1], emails[turn[1]], at=at)
        row.save(update_fields=["page_due_at", "page_step"])
    return turn is not None


def _put(row: AuditIncident, rota: AuditRota, *, at: datetime) -> None:
    """The call of the webhook, if there is one."""
    if not rota.host:
        return
    AuditPageCall.objects.create(
        organization_id=row.organization_id,
        public_id=new_uuid(),
        incident_id=row.pk,
        step=row.page_step,
        due_at=at,
    )


def _tell(row: AuditIncident, person: UUID, email: str, *, at: datetime) -> None:
    """The mail, the line of the timeline and the entry of the log."""
    log = log_of(organization_id=row.organization_id)
    kind = Kind(row.kind)
    words = {
        "what": SAID[kind].name,
        "severity": SEVERITIES[RULES[kind].severity],
        "url": incident_url(log, row),
    }
    on_call.desk().put(
        organization_id=row.organization_id,
        email=email,
        subject=_("Incident: %(what)s (%(severity)s)") % words,
        text=_(
            "%(what)s.\nSeverity: %(severity)s\n\n"
            "Acknowledge it, or the next contact is paged:\n%(url)s\n"
        )
        % words,
        at=at,
    )
    add_step(log, row, Act.PAGED, by=PAGER.label, text=email, at=at)
    recording.record(
        actor=PAGER,
        action="audit.incident.paged",
        target=Target(kind="incident", id=row.public_id),
        organization_id=row.organization_id,
        workspace=row.workspace,
        at=at,
        counts={"step": row.page_step},
        details={"kind": row.kind, "contact": str(person)},
    )
