"""The list of incidents, and one incident with all that can be done about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.explorer.pages import Pages
from audit.incidents import selectors, services, showing
from audit.incidents.forms import NoticeForm, OwnerForm, TextForm
from audit.incidents.kinds import SAID
from audit.incidents.models import AuditIncident
from audit.incidents.rules import Kind, State
from audit.incidents.services.noticing import audiences
from audit.incidents.storing import Box
from audit.log.selectors import Log, log_of
from kit import clock, guard
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused

_Offer = tuple[str, str, type[forms.Form]]
_ORDER: keyset.Order = (("opened_at", "desc"), ("id", "desc"))


@guard.requires(Permission.INCIDENTS_VIEW)
@require_safe
def incidents(request: Any) -> HttpResponse:
    """Every incident, newest first."""
    pages = Pages.of(request)
    asked = request.GET.get("state", "")
    state = State(asked) if asked in list(State) else None
    page = keyset.page(
        selectors.listed(workspace=pages.workspace, state=state),
        order=_ORDER,
        after=request.GET.get("after"),
        size=50,
    )
    log = log_of(organization_id=pages.organization_id)
    kept = f"&state={state}" if state else ""
    context = {
        "rows": showing.rows(page.rows, pages=pages, box=Box.of(log), now=clock.now()),
        "states": showing.states(pages, state or ""),
        "is_narrowed": state is not None,
        "next_url": page.next and f"?after={page.next}{kept}",
        "previous_url": page.previous and f"?after={page.previous}{kept}",
        "rules_url": "" if pages.workspace else showing.url(pages, "incident-rules"),
        "rota_url": _rota_url(request, pages),
        "all_url": showing.url(pages, "incidents"),
        "crumbs": showing.crumbs(pages),
    }
    return render(request, "audit/incidents/list.html", context)


def _rota_url(request: Any, pages: Pages) -> str:
    may = request.actor.may(Permission.INCIDENTS_MANAGE)
    return showing.url(pages, "incident-rota") if may and not pages.workspace else ""


@guard.requires(Permission.INCIDENTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def incident(request: Any, incident: UUID) -> HttpResponse:
    """One incident with its timeline; what is done about it is posted here."""
    pages = Pages.of(request)
    row = found(pages, incident)
    log = log_of(organization_id=pages.organization_id)
    refusal = ""
    if request.method == "POST":
        request.actor.require(Permission.INCIDENTS_MANAGE)
        try:
            _do(request, log, row, at=clock.now())
        except Refused as refused:
            refusal = str(refused)
            row = found(pages, incident)
        else:
            return redirect(showing.url(pages, "incident", incident=incident))
    context = _context(request, pages, log, row) | {"refusal": refusal}
    status = 422 if refusal else 200
    return render(request, "audit/incidents/detail.html", context, status=status)


class UnknownAct(Refused):
    """Nothing like that is done with incidents."""


def _do(request: Any, log: Log, row: AuditIncident, *, at: datetime) -> None:
    act, actor = request.POST.get("act", ""), request.actor
    text = request.POST.get("text", "")
    match act:
        case "acknowledge":
            services.acknowledge(actor=actor, log=log, incident=row, at=at)
            said = _("The incident is yours.")
        case "assign":
            owner = request.POST.get("owner", "")
            services.assign(actor=actor, log=log, incident=row, owner=owner, at=at)
            said = _("The incident is handed on.")
        case "note":
            services.note(actor=actor, log=log, incident=row, text=text, at=at)
            said = _("The note stands in the timeline.")
        case "resolve":
            services.resolve(actor=actor, log=log, incident=row, text=text, at=at)
            said = _("The incident is resolved.")
        case "reopen":
            services.reopen(actor=actor, log=log, incident=row, text=text, at=at)
            said = _("The incident is open again, and yours.")
        case _:
            raise UnknownAct(_("Choose one of the buttons; nothing was changed."))
    messages.success(request, said)


def _context(
    request: Any, pages: Pages, log: Log, row: AuditIncident
) -> dict[str, Any]:
    box, now = Box.of(log), clock.now()
    said = SAID[Kind(row.kind)]
    steps = selectors.timeline(incident=row)
    return {
        "title": said.name,
        "sentence": said.found,
        "advice": said.advice,
        "status": showing.status(row),
        "state": row.state,
        "facts": showing.facts(row, box=box, now=now),
        "timeline": showing.timeline(steps, pages=pages, box=box),
        "can_manage": request.actor.may(Permission.INCIDENTS_MANAGE),
        "subject": showing.subject(row, pages=pages),
        "forms": _forms(row, request.POST),
        "notice": NoticeForm(to=audiences(row), auto_id="notice-%s"),
        "notice_url": showing.url(pages, "incident-notice", incident=row.public_id),
        "crumbs": showing.crumbs(pages, str(said.name)),
    }


def _forms(row: AuditIncident, posted: QueryDict) -> list[dict[str, Any]]:
    """What can be written now, each with its button; what was refused stays in it."""
    note: _Offer = ("note", _("Write a note"), TextForm)
    resolve: _Offer = ("resolve", _("Resolve the incident"), TextForm)
    assign: _Offer = ("assign", _("Hand it on"), OwnerForm)
    reopen: _Offer = ("reopen", _("Open it again"), TextForm)
    offered: dict[State, list[_Offer]] = {
        State.OPEN: [note, resolve],
        State.ACKNOWLEDGED: [note, assign, resolve],
        State.RESOLVED: [note, reopen],
    }
    titles = {
        "note": _("Note"),
        "resolve": _("What was done"),
        "assign": _("Hand on"),
        "reopen": _("Why it goes on"),
    }
    return [
        {
            "act": act,
            "title": titles[act],
            "button": button,
            "form": form(
                auto_id=f"{act}-%s",
                initial=posted.dict() if posted.get("act") == act else None,
            ),
        }
        for act, button, form in offered[State(row.state)]
    ]


def found(pages: Pages, public_id: UUID) -> AuditIncident:
    """The incident of a page; what is not there, or elsewhere, is a 404."""
    row = selectors.incident(public_id=public_id, workspace=pages.workspace)
    if row is None:
        raise Http404
    return row
