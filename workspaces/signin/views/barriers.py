"""The pages between a living session and what it does not open.

Either the workspace wants another way of signing in, or the organization lets people
in from certain networks only. Both are derived at each request: a change counts at the
next one and rewrites no session. Break-glass passes both; it is for the day on which
one of them is set wrongly.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kit import scoping
from workspaces.keys import networks
from workspaces.signin import rules, selectors
from workspaces.signin.models import Method
from workspaces.signin.rules import Need
from workspaces.signin.selectors import Presence
from workspaces.signin.views.paths import login_url
from workspaces.tenancy.models import Sso
from workspaces.tenancy.selectors import Access


def opens(here: Presence | None, sso: str) -> bool:
    """Whether the session is of a kind that a workspace with that setting accepts."""
    return here is not None and _need(here, sso) is Need.NOTHING


def of(
    request: Any,
    here: Presence | None,
    *,
    held: Iterable[Access],
    names: Mapping[str, Any],
) -> HttpResponse | None:
    """The page to show in place of the one asked for, if something stands between."""
    if here is None:
        return None
    if _is_elsewhere(request, here):
        return _from_elsewhere(request, here)
    need = _need_of_page(request, here, list(held), names)
    return None if need is Need.NOTHING else _ask_for(request, here, need)


def _need(here: Presence, sso: str) -> Need:
    return rules.need(sso=sso, method=here.method, is_bound=here.is_bound_to_sso)


def _need_of_page(
    request: Any, here: Presence, held: list[Access], names: Mapping[str, Any]
) -> Need:
    """An organization's own pages are as strict as its strictest workspace; a page of
    the person wants at least one workspace open. Strangers get their 404 later."""
    if "organization" in names:
        slugs = [one.organization.slug for one in request.administrations]
        strict = here.organization_requires_sso and names["organization"] in slugs
        return _need(here, Sso.REQUIRED if strict else Sso.OPTIONAL)
    if "workspace" in names:
        held = [one for one in held if one.workspace.slug == names["workspace"]]
    needs = [_need(here, one.sso) for one in held]
    return Need.NOTHING if not needs or Need.NOTHING in needs else needs[0]


def _ask_for(request: Any, here: Presence, need: Need) -> HttpResponse:
    with scoping.organization(organization_id=here.organization_id):
        connection = selectors.active_connection()
        owners = [one.name or one.email for one in selectors.owners()]
    url = label = ""
    if need is Need.CODE:
        url = f"{reverse('workspaces:code')}?{urlencode({'next': request.path})}"
    elif connection is not None:
        label = connection.label
        url = login_url(
            connection.slug, email=request.user.email, next_path=request.path
        )
    context = {
        "needs_code": need is Need.CODE,
        "url": url,
        "label": label,
        "owners": owners,
    }
    return _page(request, "workspaces/signin/needs.html", context)


def _is_elsewhere(request: Any, here: Presence) -> bool:
    return here.method is not Method.BREAK_GLASS and not networks.admit(
        networks=here.portal_networks, ip=request.META.get("REMOTE_ADDR", "")
    )


def _from_elsewhere(request: Any, here: Presence) -> HttpResponse:
    request.refused_network = True
    with scoping.organization(organization_id=here.organization_id):
        owners = [one.name or one.email for one in selectors.owners()]
    context = {"address": request.META.get("REMOTE_ADDR", ""), "owners": owners}
    return _page(request, "workspaces/signin/elsewhere.html", context)


def _page(request: Any, name: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, name, context, status=403)
    response["Cache-Control"] = "no-store"
    return response
