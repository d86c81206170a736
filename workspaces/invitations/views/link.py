"""Where the mailed link leads: what is offered, and the way to sign in.

The link shows the invitation and lets nobody in; signing in with the invited address
does. A link that is used up, revoked or too old looks like one that never was.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.http.limited import limited
from workspaces.invitations import selectors, throttles
from workspaces.roles.matrix import LABELS, Role


@guard.public
@never_cache
@require_safe
@limited(throttles.LINK)
def invitation(request: Any) -> HttpResponse:
    """One invitation, for whoever holds its link."""
    offer = selectors.offer_by_token(token=request.GET.get("t", ""), at=clock.now())
    if offer is None:
        name = "workspaces/invitations/over.html"
        response = render(request, name, {}, status=404)
    else:
        context = {
            "offer": offer,
            "role": LABELS[Role(offer.role)],
            "sign_in_url": reverse("workspaces:sign-in"),
        }
        response = render(request, "workspaces/invitations/link.html", context)
    # The address of this page holds the token; no referrer at all would make the
    # browser send its form without an origin, which is refused.
    response["Referrer-Policy"] = "strict-origin"
    return response
