"""The schedule of sweeps: in words, with the next times; edited with a preview."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs, link
from retention.schedules import selectors, services, showing
from retention.schedules.forms import ScheduleForm, initial


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def schedule(request: Any) -> HttpResponse:
    """What is in force; with values in the address, what they would bring."""
    standing = initial(selectors.schedule_of(workspace=request.workspace))
    is_draft = "cadence" in request.GET
    form = ScheduleForm(request.GET if is_draft else None, initial=standing)
    return _page(request, form, status=422 if is_draft and form.errors else 200)


@guard.requires(Permission.SWEEPS_RUN)
@require_http_methods(["POST"])
def schedule_set(request: Any) -> HttpResponse:
    """Put the schedule in force."""
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        services.set_schedule(
            actor=request.actor,
            workspace=request.workspace,
            schedule=form.schedule,
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=refusal.status)
    messages.success(request, _("The schedule is in force."))
    return redirect(link(request, "retention:schedule"))


def _page(request: Any, form: ScheduleForm, *, status: int) -> HttpResponse:
    at = clock.now()
    standing = selectors.schedule_of(workspace=request.workspace)
    context: dict[str, Any] = {
        "form": form,
        "sentence": showing.sentence(standing),
        "now_sentence": showing.now_sentence(standing, at=at),
        "next": showing.beginnings(standing, at=at),
        "can_set": request.actor.may(Permission.SWEEPS_RUN),
        "page_url": link(request, "retention:schedule"),
        "set_url": link(request, "retention:schedule-set"),
        "crumbs": crumbs(
            request, _("Schedule"), above=[(_("Sweeps"), "retention:sweeps")]
        ),
    }
    if form.is_bound and form.is_valid() and form.schedule.is_possible:
        context["draft"] = {
            "sentence": showing.sentence(form.schedule),
            "next": showing.beginnings(form.schedule, at=at),
            "is_new": form.schedule != standing,
            "values": [(field.name, field.value()) for field in form],
        }
    return render(request, "retention/schedules/page.html", context, status=status)
