"""The first page: finds the identity provider of an address, or leads people in."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.permissions import Permission
from workspaces.members import standing
from workspaces.roles.matrix import permissions_of
from workspaces.signin import demo, presence, rules, selectors
from workspaces.signin.assertions import Named
from workspaces.signin.forms import DiscoveryForm
from workspaces.signin.services import logouts, sessions

SESSION_NAMED = "custos_named"
_NEXT_MAX = 500


@guard.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
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
        domain = rules.domain_of(form.cleaned_data["email"])
        entrance = selectors.entrance_of(domain=domain)
        if entrance is None:
            form.add_error("email", _unknown(domain))
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


@guard.signed_in
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


def login_url(slug: str, *, email: str = "", next_path: str = "") -> str:
    """The address that starts a sign-in through a connection."""
    query = {"login_hint": email, "next": next_path}
    kept = urlencode({name: value for name, value in query.items() if value})
    url = reverse("workspaces:saml-login", args=[slug])
    return f"{url}?{kept}" if kept else url


def safe_path(path: str | None) -> str:
    """A path of this site, or nothing: never another host, never a scheme."""
    if not path or len(path) > _NEXT_MAX or not path.startswith("/"):
        return ""
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and path.isprintable() else ""


def _unknown(domain: str) -> str:
    return _(
        "No organization signs in here with addresses at %(domain)s. Check the "
        "spelling, or ask whoever sent you."
    ) % {"domain": domain}


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
        plan = access.workspace.plan
        if Permission.OVERVIEW_VIEW in permissions_of(role=access.role, plan=plan):
            return redirect("workspaces:overview", workspace=access.workspace.slug)
    if accesses:
        return redirect("retention:my-data")
    for one in selectors.administrations(user=request.user, organization_id=mine):
        return redirect("audit:entries", organization=one.organization.slug)
    return render(request, "workspaces/signin/nowhere.html", status=403)
