"""Shows whom a notice of an incident would reach, before it is sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from audit.explorer.pages import Pages
from audit.incidents import services, showing
from audit.incidents.forms import NoticeForm
from audit.incidents.models import AuditIncident
from audit.incidents.services import noticing
from audit.incidents.services.noticing import AUDIENCES, Audience
from audit.incidents.views.handling import found
from audit.log.selectors import Log, log_of
from kit import clock, guard
from kit.ids import new_uuid
from kit.permissions import Permission
from kit.refusals import Refused


@guard.requires(Permission.INCIDENTS_MANAGE)
@require_POST
def incident_notice(request: Any, incident: UUID) -> HttpResponse:
    """Shows the message and how many get it; sends it once that is confirmed."""
    pages = Pages.of(request)
    row = found(pages, incident)
    log = log_of(organization_id=pages.organization_id)
    form = NoticeForm(request.POST, to=noticing.audiences(row))
    if not form.is_valid():
        return _page(request, pages, log, row, form)
    people, number = request.POST.get("people", ""), _number(request)
    if not people.isdecimal() or number is None or "edit" in request.POST:
        return _page(request, pages, log, row, form)
    try:
        told = services.give_notice(
            actor=request.actor,
            log=log,
            incident=row,
            audience=Audience(form.cleaned_data["audience"]),
            text=form.cleaned_data["text"],
            people=int(people[:9]),
            number=number,
            at=clock.now(),
        )
    except Refused as refusal:
        return _page(request, pages, log, row, form, refusal=str(refusal))
    messages.success(
        request,
        ngettext("%d person gets the notice.", "%d people get the notice.", told)
        % told,
    )
    return redirect(showing.url(pages, "incident", incident=incident))


def _number(request: Any) -> UUID | None:
    """The number of the preview that is confirmed; none sends nothing."""
    try:
        return UUID(request.POST.get("number", ""))
    except ValueError:
        return None


def _page(
    request: Any,
    pages: Pages,
    log: Log,
    row: AuditIncident,
    form: NoticeForm,
    *,
    refusal: str = "",
) -> HttpResponse:
    is_whole = form.is_valid() and "edit" not in request.POST
    context = {
        "form": form,
        "is_whole": is_whole,
        "subject": noticing.subject(log),
        "refusal": refusal,
        "here_url": showing.url(pages, "incident-notice", incident=row.public_id),
        "incident_url": showing.url(pages, "incident", incident=row.public_id),
        "crumbs": showing.crumbs(pages, _("Notice")),
    }
    if is_whole:
        audience = Audience(form.cleaned_data["audience"])
        context |= {
            "to": AUDIENCES[audience],
            "people": noticing.reached(row, audience),
            "number": new_uuid(),
        }
    status = 422 if refusal or form.errors else 200
    return render(request, "audit/incidents/notice.html", context, status=status)
