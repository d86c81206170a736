"""Resolves tenant and actor of a request and opens the scope around its view.

A stranger to the tenant in the URL gets 404 before any view runs; the guard then
answers 403. The scope is one transaction: an exception rolls the request back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from kit import scoping
from kit.actor import Actor, ActorKind
from kit.guard import Entry
from workspaces.members.models import User
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS, permissions_of
from workspaces.tenancy import selectors
from workspaces.tenancy.selectors import Access, Administration

# Set at sign-in: a SAML session is a session for one organization only.
SESSION_ORGANIZATION = "custos_organization"

Respond = Callable[[HttpRequest], HttpResponseBase]


class TenantMiddleware:
    """Runs guarded views inside their tenant's scope."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        entry = getattr(view, "custos_entry", None)
        if entry is None or entry is Entry.PUBLIC:
            return None
        if not request.user.is_authenticated:
            return redirect(f"/?next={request.path}")
        request.accesses = _accesses(request)
        request.administrations = _administrations(request)
        request.actor = _person(request)
        if "workspace" in kwargs:
            return self._in_workspace(request, view, args, kwargs)
        if "organization" in kwargs:
            return self._in_organization(request, view, args, kwargs)
        return None

    def _in_workspace(
        self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        slug = kwargs.pop("workspace")
        access = next((a for a in request.accesses if a.workspace.slug == slug), None)
        if access is None:
            raise Http404
        request.access = access
        request.workspace = access.workspace
        request.actor = _member(request.actor, access)
        with scoping.workspace(
            workspace_id=access.workspace.id,
            organization_id=access.workspace.organization.id,
        ):
            return _rendered(view(request, *args, **kwargs))

    def _in_organization(
        self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        slug = kwargs.pop("organization")
        found = next(
            (a for a in request.administrations if a.organization.slug == slug), None
        )
        if found is None:
            raise Http404
        request.organization = found.organization
        request.actor = _administrator(request.actor, found)
        with scoping.organization(organization_id=found.organization.id):
            return _rendered(view(request, *args, **kwargs))


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Renders a lazy template while the scope is still open."""
    if hasattr(response, "render") and not getattr(response, "is_rendered", True):
        response.render()
    return response


def _accesses(request: Any) -> list[Access]:
    mine = request.session.get(SESSION_ORGANIZATION)
    found = selectors.accesses_of(user_id=request.user.pk)
    return [a for a in found if mine is None or a.workspace.organization.id == mine]


def _administrations(request: Any) -> list[Administration]:
    mine = request.session.get(SESSION_ORGANIZATION)
    found = selectors.administrations_of(user_id=request.user.pk)
    return [a for a in found if mine is None or a.organization.id == mine]


def _person(request: Any) -> Actor:
    user: User = request.user
    return Actor(
        kind=ActorKind.USER,
        id=str(user.public_id),
        label=user.email,
        user_id=user.pk,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("user-agent", "")[:400],
    )


def _member(actor: Actor, access: Access) -> Actor:
    workspace = access.workspace
    return replace(
        actor,
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        membership_id=access.membership_id,
        role=access.role,
        permissions=permissions_of(role=access.role, plan=workspace.plan),
    )


def _administrator(actor: Actor, found: Administration) -> Actor:
    return replace(
        actor,
        organization_id=found.organization.id,
        role=found.role,
        permissions=ORGANIZATION_PERMISSIONS[found.role],
    )
