"""Puts lasting incidents on the overview: of deleting, and those to be handled."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.incidents import selectors as security
from audit.incidents import showing as words
from audit.incidents.models import AuditIncident
from audit.incidents.rules import State
from kit import mail, overview
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.incidents import selectors, showing
from retention.places import place
from workspaces.tenancy.selectors import (
    WorkspaceRef,
    access_of,
    administrations_of,
)

_UNMAILED = gettext_lazy("Nobody gets mail about it: no mail server is set up.")


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="incidents",
            order=5,
            place=Place.MAIN,
            permission=Permission.SWEEPS_VIEW,
            build=_incidents,
        )
    )
    overview.register(
        Card(
            name="security-incidents",
            order=45,
            place=Place.STAT,
            permission=Permission.INCIDENTS_VIEW,
            build=_security,
        )
    )


def _incidents(actor: Actor, _at: datetime) -> CardView | None:
    found = list(selectors.lasting()[:20])
    if not found:
        return None
    url = place(access_of(actor=actor).workspace, "retention:sweeps")
    sentence = ngettext(
        "%(n)s incident: deleting does not go as it must.",
        "%(n)s incidents: deleting does not go as it must.",
        len(found),
    ) % {"n": grouped(len(found))}
    return CardView(
        status=Status.BAD,
        sentence=sentence,
        template="retention/incidents/card.html",
        context={"rows": showing.rows(found), "url": url},
        tasks=(
            Task(
                title=sentence,
                action_url=url,
                action_label=_("Open the sweeps"),
                fact=absolute(found[0].opened_at),
                icon_name="alert-octagon",
                tone="bad",
            ),
        ),
    )


def _security(actor: Actor, _at: datetime) -> CardView | None:
    """Absent while there is nothing: calm is the normal state."""
    workspace = access_of(actor=actor).workspace
    found = security.lasting(
        workspace=workspace.public_id, is_whole=_runs(actor, workspace)
    )
    if not found:
        return None
    waiting = [one for one in found if one.state == State.OPEN]
    n = len(found)
    number = grouped(n)
    sentence = ngettext(
        "%(n)s incident is not resolved.", "%(n)s incidents are not resolved.", n
    ) % {"n": number}
    if waiting and not mail.is_set_up():
        sentence += " " + str(_UNMAILED)
    return CardView(
        status=Status.BAD if waiting else Status.RUN,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Incidents"),
            "number": number,
            "noun": _("not resolved"),
            "fact": words.name(found[0]),
            "url": _list_of(found[0], workspace),
            "status_kind": "bad" if waiting else "run",
            "status_word": _("Act") if waiting else _("In hand"),
        },
        tasks=tuple(_task(one, workspace) for one in waiting[:3]),
    )


def _runs(actor: Actor, workspace: WorkspaceRef) -> bool:
    """Incidents of the whole organization wait for those who run it, nobody else."""
    run = administrations_of(user_id=actor.user_id or 0)
    return any(one.organization.id == workspace.organization.id for one in run)


def _task(one: AuditIncident, workspace: WorkspaceRef) -> Task:
    opened = absolute(one.opened_at)
    return Task(
        title=words.name(one),
        fact=opened if mail.is_set_up() else f"{opened}. {_UNMAILED}",
        action_url=_page_of(one, workspace),
        action_label=_("Open the incident"),
        tone="bad",
        icon_name="alert-octagon",
    )


def _page_of(one: AuditIncident, workspace: WorkspaceRef) -> str:
    return _place(one, workspace, "incident", incident=one.public_id)


def _list_of(one: AuditIncident, workspace: WorkspaceRef) -> str:
    return _place(one, workspace, "incidents")


def _place(one: AuditIncident, workspace: WorkspaceRef, name: str, **more: UUID) -> str:
    """Of the organization as a whole, or of the workspace, as the incident is."""
    if one.workspace is not None:
        return place(workspace, f"audit:workspace-{name}", **more)
    above = {"organization": workspace.organization.slug, **more}
    return reverse(f"audit:{name}", kwargs=above)
