"""Resolves tenant and actor of a request and opens the scope around its view.

A session that has ended or expired signs its browser out; one of the wrong kind or from
the wrong network gets a page that says what is needed. A stranger to the tenant in the
URL gets 404 before any view runs; the guard then answers 403. The scope is one
transaction: an exception rolls the request back, and what a service refused becomes a
page with its sentence.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from kit import clock, scoping
from kit.guard import Entry
from kit.http import pages
from kit.permissions import PermissionDenied
from kit.refusals import Refused
from workspaces import denied
from workspaces.members import acting, standing
from workspaces.settings import barrier as policy_text
from workspaces.signin import presence
from workspaces.signin.views import barriers
from workspaces.tenancy import selectors
from workspaces.tenancy.selectors import Access, Administration

Respond = Callable[[HttpRequest], HttpResponseBase]
_RESOLVED = frozenset({Entry.SIGNED_IN, Entry.PERMITTED})


class TenantMiddleware:
    """Runs guarded views inside their tenant's scope."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        denied.note(request, response)
        if not _is_public(request) and not _is_for_ever(request, response):
            # Neither a shared computer's browser nor a proxy keeps what it shows.
            response["Cache-Control"] = "no-store"
        return response

    def process_view(
        self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if getattr(view, "custos_entry", None) not in _RESOLVED:
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if _holds_nul(request):
            return pages.bad_request(request, BadRequest())
        here = presence.of(request, at=clock.now())
        if here is None and not presence.is_operators(request):
            logout(request)
            return _to_sign_in(request)
        found = _found(request)
        held = standing.holds(request.session, found)
        request.held = held
        request.accesses = [a for a in held if barriers.opens(here, a.sso)]
        request.administrations = _administrations(request)
        request.actor = acting.alone(user=request.user, **_origin(request))
        if getattr(view, "custos_about_session", False):
            return None
        barrier = barriers.of(request, here, held=held, names=kwargs)
        if barrier is not None:
            request.refused_session = True
            return barrier
        if "workspace" in kwargs:
            slug = kwargs.pop("workspace")
            closed = _closed(request, held, found, slug=slug)
            if closed is not None:
                return closed
            scope = _enter_workspace(request, slug=slug)
        elif "organization" in kwargs:
            scope = _enter_organization(request, slug=kwargs.pop("organization"))
        else:
            return None
        return _answer(scope, request, view, args, kwargs)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Views outside a tenant: what a service refused becomes a page as well."""
        denied.remember(request, exception)
        if isinstance(exception, Refused):
            return pages.refused(request, exception)
        return None


def _holds_nul(request: HttpRequest) -> bool:
    """The edge looks into plain forms only; in one with files a field can hold NUL,
    which no column can."""
    if request.content_type != "multipart/form-data":
        return False
    fields = request.POST.lists()
    return any("\0" in text for name, values in fields for text in (name, *values))


def _is_public(request: HttpRequest) -> bool:
    """Anyone may see it; what led to no view shows nothing of anyone."""
    match = request.resolver_match
    return match is None or getattr(match.func, "custos_entry", None) is Entry.PUBLIC


def _is_for_ever(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A program may keep what it alone received and what never changes."""
    match = request.resolver_match
    kept = response.get("Cache-Control", "")
    return (
        match is not None
        and getattr(match.func, "custos_entry", None) is Entry.KEYED
        and kept.startswith("private, ")
    )


def _enter_workspace(
    request: Any, *, slug: str
) -> AbstractContextManager[scoping.Scope]:
    access = next((a for a in request.accesses if a.workspace.slug == slug), None)
    if access is None:
        raise denied.elsewhere(request)
    request.access = access
    request.workspace = access.workspace
    request.actor = acting.in_workspace(
        user=request.user, access=access, **_origin(request)
    )
    return scoping.workspace(
        workspace_id=access.workspace.id,
        organization_id=access.workspace.organization.id,
    )


def _enter_organization(
    request: Any, *, slug: str
) -> AbstractContextManager[scoping.Scope]:
    found = next(
        (a for a in request.administrations if a.organization.slug == slug), None
    )
    if found is None:
        raise denied.elsewhere(request)
    request.organization = found.organization
    request.actor = acting.in_organization(
        user=request.user, administration=found, **_origin(request)
    )
    return scoping.organization(organization_id=found.organization.id)


def _answer(
    scope: AbstractContextManager[scoping.Scope],
    request: Any,
    view: Any,
    args: Any,
    kwargs: dict[str, Any],
) -> HttpResponseBase:
    """Runs the view and renders a lazy template while the scope is open."""
    try:
        with scope:
            response: HttpResponseBase = view(request, *args, **kwargs)
            if hasattr(response, "render") and not getattr(
                response, "is_rendered", True
            ):
                response.render()
            return response
    except Refused as refusal:
        denied.remember(request, refusal)
        return pages.refused(request, refusal)
    except PermissionDenied as refusal:
        denied.remember(request, refusal)
        raise


def _to_sign_in(request: Any) -> HttpResponseBase:
    url = f"/?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _closed(
    request: Any, held: list[Access], found: list[Access], *, slug: str
) -> HttpResponseBase | None:
    """What a member gets in place of the workspace's pages, if anything."""
    if _has_ended(held, found, slug=slug):
        logout(request)
        return _to_sign_in(request)
    return policy_text.of(request, request.accesses, slug=slug, at=clock.now())


def _has_ended(held: list[Access], found: list[Access], *, slug: str) -> bool:
    """The person is a member, but no longer the one whom this session let in."""
    return any(access.workspace.slug == slug and access not in held for access in found)


def _found(request: Any) -> list[Access]:
    return [
        access
        for access in selectors.accesses_of(user_id=request.user.pk)
        if standing.is_for(
            request.session, organization_id=access.workspace.organization.id
        )
    ]


def _administrations(request: Any) -> list[Administration]:
    return [
        found
        for found in selectors.administrations_of(user_id=request.user.pk)
        if standing.is_for(request.session, organization_id=found.organization.id)
    ]


def _origin(request: Any) -> dict[str, str]:
    return {
        "ip": request.META.get("REMOTE_ADDR", ""),
        "user_agent": request.headers.get("user-agent", ""),
    }
