"""The first page: finds the way in of an address, or leads people on."""

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.http.limited import limited
from kit.permissions import Permission
from workspaces.members import standing
from workspaces.roles.matrix import permissions_of
from workspaces.settings import barrier
from workspaces.signin import demo, presence, rules, selectors, throttles
from workspaces.signin.assertions import Named
from workspaces.signin.forms import DiscoveryForm
from workspaces.signin.services import logouts, sessions
from workspaces.signin.views import codes
from workspaces.signin.views.paths import login_url, safe_path

SESSION_NAMED = "custos_named"


@guard.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(throttles.DISCOVERY, methods=frozenset({"POST"}))
def sign_in(request: HttpRequest) -> HttpResponse:
    """Where to sign in; whoever is signed in goes on to their first page."""
    next_path = safe_path(request.POST.get("next") or request.GET.get("next"))
    if request.user.is_authenticated:
        if presence.of(request, at=clock.now()) or presence.is_operators(request):
            return _onward(request, next_path)
        auth.logout(request)
    form = DiscoveryForm(request.POST or None)
    entrance = None
    if form.is_bound and form.is_valid():
        email = form.cleaned_data["email"]
        entrance = selectors.entrance_of(domain=rules.domain_of(email))
        if entrance is None or not entrance.takes_sso:
            # Nobody learns whether there is such a person.
            return codes.send(request, email, next_path)
    context = {
        "form": form,
        "next": next_path,
        "entrance": entrance,
        "continue_url": entrance
        and login_url(
            entrance.slug, email=form.cleaned_data["email"], next_path=next_path
        ),
        "demo_people": _demo_people() if settings.CUSTOS_DEMO else [],
    }
    return render(request, "workspaces/signin/sign_in.html", context)


@guard.about_session
@require_POST
def sign_out(request: Any) -> HttpResponse:
    """End the session of this browser, then offer to end that at the provider too.

    An offer, since that signs the person out everywhere; and a link, since a form may
    not lead to another site.
    """
    at = clock.now()
    named = request.session.get(SESSION_NAMED)
    sessions.sign_out(actor=request.actor, session=request.session, at=at)
    auth.logout(request)
    offer = named and logouts.offer(
        slug=named["slug"],
        named=Named(**{name: named[name] for name in named if name != "slug"}),
        at=at,
    )
    if not offer:
        return redirect("workspaces:sign-in")
    return render(request, "workspaces/signin/signed_out.html", {"offer": offer})


def _demo_people() -> list[dict[str, object]]:
    return [
        {
            "person": person,
            "url": login_url(person.organization.slug, email=person.email),
        }
        for person in demo.PEOPLE
    ]


def _onward(request: Any, next_path: str) -> HttpResponse:
    if next_path and next_path != "/":
        return redirect(next_path)
    mine = request.session.get(standing.ORGANIZATION)
    accesses = selectors.accesses(user=request.user, organization_id=mine)
    for access in accesses:
        if barrier.is_due(access, at=clock.now()):
            return redirect(barrier.address(access))
    for access in accesses:
        held = permissions_of(
            role=access.role, plan=access.workspace.plan, granted=access.granted
        )
        if Permission.OVERVIEW_VIEW in held:
            return redirect("workspaces:overview", workspace=access.workspace.slug)
    if accesses:
        return redirect("retention:my-data")
    for one in selectors.administrations(user=request.user, organization_id=mine):
        return redirect("audit:entries", organization=one.organization.slug)
    return render(request, "workspaces/signin/nowhere.html", status=403)
