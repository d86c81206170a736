"""The seats of the workspace: how many are taken, of how many, of which type."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import selectors, services
from workspaces.members.forms import SeatsForm
from workspaces.members.views import frame
from workspaces.tenancy.seats import LABELS


@guard.requires(Permission.MEMBERS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def members_seats(request: Any) -> HttpResponse:
    """How many may be in and what new members get; owners change it here."""
    found = selectors.seats(workspace_id=request.workspace.id)
    form = SeatsForm(
        request.POST if request.method == "POST" else None,
        initial={"limit": found.limit, "default": found.default},
    )
    if form.is_bound and form.is_valid():
        try:
            services.set_seats(
                actor=request.actor,
                workspace=request.workspace,
                at=clock.now(),
                **form.cleaned_data,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The seats were changed."))
            return redirect(frame.url(request, "members-seats"))
    context = {
        "form": form,
        "seats": found,
        "is_full": found.free == 0,
        "facts": [
            {"name": LABELS[seat], "value": grouped(number)}
            for seat, number in found.by_type.items()
        ],
        "can": request.actor.may(Permission.WORKSPACE_MANAGE),
        "list_url": frame.url(request, "members-list"),
        "crumbs": frame.crumbs(request, {"label": _("Seats")}),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/members/seats.html", context, status=status)
