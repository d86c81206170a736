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
from workspaces.members import standing
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
        response = shown(request, offer, may_accept=_may_accept(request, offer))
    # The address of this page holds the token; no referrer at all would make the
    # browser send its form without an origin, which is refused.
    response["Referrer-Policy"] = "strict-origin"
    return response


def shown(
    request: Any, offer: selectors.Offer, *, may_accept: bool, status: int = 200
) -> HttpResponse:
    """What is offered, with a button to accept it or the way to sign in."""
    context = {
        "offer": offer,
        "role": LABELS[Role(offer.role)],
        "token": request.GET.get("t", "") if may_accept else "",
        "is_refused": status == 409,
        "sign_in_url": reverse("workspaces:sign-in"),
        "accept_url": reverse("workspaces:invitation-accept"),
    }
    name = "workspaces/invitations/link.html"
    return render(request, name, context, status=status)


def _may_accept(request: Any, offer: selectors.Offer) -> bool:
    """Whether a session of the invited person stands, in the organization."""
    organization_id = offer.workspace.organization.id
    return (
        request.user.is_authenticated
        and request.user.email == offer.email
        and standing.is_for(request.session, organization_id=organization_id)
    )
