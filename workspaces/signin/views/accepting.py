"""Accepting an invitation by a button, for somebody who has signed in already."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kit import clock, guard
from kit.http.limited import limited
from workspaces.invitations import selectors, throttles
from workspaces.invitations.views.link import shown
from workspaces.signin import presence
from workspaces.signin.services import arrivals


@guard.about_session
@require_POST
@limited(throttles.LINK)
def invitation_accept(request: Any) -> HttpResponse:
    """Become a member of the workspace whose link was opened."""
    at, token = clock.now(), request.POST.get("t", "")
    offer = selectors.offer_by_token(token=token, at=at)
    if offer is None or offer.email != request.user.email:
        return render(request, "workspaces/invitations/over.html", {}, status=404)
    here = presence.of(request, at=at)
    entered = here and arrivals.accept_here(
        here=here,
        user=request.user,
        invitation=offer.invitation,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("User-Agent", ""),
        at=at,
    )
    if not entered:
        # A fresh sign-in may do what this session cannot, or says why not.
        return shown(request, offer, may_accept=False, status=409)
    messages.success(request, _("You are a member of %s now.") % entered.name)
    return redirect("workspaces:sign-in")  # which leads on to where they belong
