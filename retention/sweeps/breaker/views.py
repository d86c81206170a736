"""A stopped sweep: its numbers, and the way to let it go on."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs, link
from retention.sweeps import tasks
from retention.sweeps.breaker import selectors, services, showing
from retention.sweeps.breaker.forms import ConfirmForm
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.breaker.selectors import StopIsGone
from workspaces.members import selectors as members


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def sweep_stop(request: Any, stop: UUID) -> HttpResponse:
    """What the sweep would have taken, beside what is usual."""
    return _page(request, _found(stop))


@guard.requires(Permission.SWEEPS_RUN)
@require_POST
def sweep_stop_confirm(request: Any, stop: UUID) -> HttpResponse:
    """Let it go on, or agree first where two people have to."""
    found = _found(stop)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        opened = services.confirm(
            actor=request.actor,
            workspace=request.workspace,
            stop=stop,
            seen=form.cleaned_data["seen"],
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, form=form, status=refusal.status)
    if opened is None:
        messages.success(
            request, _("You agreed. It goes on when another person agrees as well.")
        )
        return redirect(link(request, "retention:sweep-stop", stop=stop))
    ring_on_commit(partial(tasks.ring, run_id=opened.run_id))
    return redirect(link(request, "retention:sweep", sweep=opened.public_id))


def _page(
    request: Any,
    found: SweepStop,
    *,
    form: ConfirmForm | None = None,
    status: int = 200,
) -> HttpResponse:
    people = members.names_of(people=[found.confirmed_by, found.agreed_by])
    is_agreed = selectors.first_word_counts(
        stop=found, workspace=request.workspace, at=clock.now()
    )
    context = {
        "stop": found,
        "sentence": showing.sentence(found, is_agreed=is_agreed),
        "figures": showing.figures(found),
        "is_open": found.ended_at is None,
        "confirmed_by": people.get(found.confirmed_by, found.confirmed_by),
        "can_run": request.actor.may(Permission.SWEEPS_RUN),
        "agreed_by": people.get(found.agreed_by, found.agreed_by),
        "two": _two(request, found, people, is_agreed=is_agreed)
        if found.needs_second
        else None,
        "form": form or ConfirmForm(initial={"seen": found.planned_n}),
        "confirm_url": link(
            request, "retention:sweep-stop-confirm", stop=found.public_id
        ),
        "sweeps_url": link(request, "retention:sweeps"),
        "safeguards_url": link(request, "retention:safeguards"),
        "crumbs": crumbs(
            request, _("Stopped sweep"), above=[(_("Sweeps"), "retention:sweeps")]
        ),
    }
    return render(request, "retention/sweeps/breaker/stop.html", context, status=status)


def _two(
    request: Any, found: SweepStop, people: Mapping[str, str], *, is_agreed: bool
) -> dict[str, Any]:
    """Where two people have to agree: who did, and whether this one may be next."""
    person = request.actor.id
    others = selectors.others_who_may(workspace=request.workspace, person=person)
    return {
        "first": people.get(found.agreed_by, found.agreed_by) if is_agreed else "",
        "is_mine": is_agreed and found.agreed_by == person,
        "asked_nobody": not found.asked,
        "came_late": is_agreed and person not in {found.agreed_by, *found.asked},
        "is_alone": not is_agreed and not others,
    }


def _found(stop: UUID) -> SweepStop:
    try:
        return selectors.one(stop=stop)
    except StopIsGone as gone:
        raise Http404 from gone
