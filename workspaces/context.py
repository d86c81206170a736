"""What the layouts of every page show around its content.

It reads nothing but what the middleware has found, except the number of jobs, which
is asked only by a layout that shows it while a scope is open.
"""

from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import clock, scoping
from kit.formatting import day
from kit.permissions import Permission
from workspaces import navigation
from workspaces.jobs import selectors as jobs
from workspaces.members.models import Theme
from workspaces.signin import selectors as signin
from workspaces.tenancy.plans import of
from workspaces.tenancy.selectors import Access


def portal(request: HttpRequest) -> dict[str, Any]:
    """The context of templates/layouts (see templates/components/README.md)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"theme": Theme.AUTO, "demo_text": _demo_text()}
    return {
        "theme": user.theme,
        "demo_text": _demo_text(),
        "person": _person(request),
        "sign_out_url": navigation.url_of("workspaces:sign-out"),
        "navigation": _navigation(request),
        "navigation_foot": _foot(request),
        "switcher": _switcher(request),
        "jobs": cache(lambda: _jobs(request)),
        "worries": cache(lambda: _worries(request)),
        "closings": _closings(request),
    }


def _navigation(request: Any) -> list[navigation.Group]:
    if workspace := getattr(request, "workspace", None):
        return navigation.in_workspace(
            actor=request.actor,
            slug=workspace.slug,
            plan=workspace.plan,
            path=request.path,
        )
    if organization := getattr(request, "organization", None):
        return navigation.in_organization(
            actor=request.actor, slug=organization.slug, path=request.path
        )
    return []


def _switcher(request: Any) -> navigation.Switcher | None:
    workspace = getattr(request, "workspace", None)
    return navigation.switcher(
        accesses=getattr(request, "accesses", ()),
        administrations=getattr(request, "administrations", ()),
        workspace_id=workspace.id if workspace else None,
        organization=getattr(request, "organization", None),
    )


def _foot(request: Any) -> list[navigation.Item]:
    url = navigation.url_of("workspaces:promises")
    if not url:
        return []
    return [
        navigation.Item(
            label=_("Promises"),
            icon="rosette-discount-check",
            url=url,
            is_current=request.path == url,
        )
    ]


def _person(request: Any) -> dict[str, Any]:
    user = request.user
    own_url = navigation.url_of("retention:my-data")
    links = [(_("My data"), own_url, "user")]
    links.append((_("Projects"), navigation.url_of("workspaces:my-projects"), "folder"))
    links.append(
        (_("Memories"), navigation.url_of("workspaces:my-memories"), "sparkles")
    )
    links.append(
        (_("Sessions"), navigation.url_of("workspaces:my-sessions"), "login-2")
    )
    links += [
        (
            _("GPTs: %s") % access.workspace.name,
            navigation.url_of("workspaces:gpts-list", workspace=access.workspace.slug),
            "sparkles",
        )
        for access in getattr(request, "accesses", ())
        if of(access.workspace.plan).has_chat
    ]
    links += [
        (
            _("Connections: %s") % access.workspace.name,
            navigation.url_of(
                "workspaces:connections", workspace=access.workspace.slug
            ),
            "link",
        )
        for access in getattr(request, "accesses", ())
        if of(access.workspace.plan).has_connectors
    ]
    if getattr(request, "workspace", None) is None:
        links += [
            (access.workspace.name, url, "building")
            for access in getattr(request, "accesses", ())
            if (url := navigation.entry_url(access=access)) != own_url
        ]
    links.append(
        (
            _("Join a workspace"),
            navigation.url_of("workspaces:my-workspaces"),
            "user-plus",
        )
    )
    if user.is_operator:
        links.append((_("Operate"), navigation.url_of("admin:index"), "settings"))
    return {
        "name": user.name or user.email.partition("@")[0],
        "email": user.email,
        "links": [
            {"label": label, "url": url, "icon": icon}
            for label, url, icon in links
            if url
        ],
    }


def _jobs(request: Any) -> dict[str, str] | None:
    """The indicator at the top; pages without a workspace have none."""
    scope = scoping.current()
    workspace = getattr(request, "workspace", None)
    if workspace is None or scope is None or scope.workspace_id != workspace.id:
        return None
    url = navigation.url_of("workspaces:jobs-list", workspace=workspace.slug)
    if not url:
        return None
    running = jobs.running_count(actor=request.actor)
    words = ngettext("%d job running", "%d jobs running", running) % running
    return {"label": words if running else _("No jobs running"), "url": url}


def _closings(request: Any) -> list[str]:
    """What everybody must know in a workspace that is being closed."""
    entered = getattr(request, "access", None)
    if entered is None and getattr(request, "organization", None) is not None:
        return []
    found = [entered] if entered else getattr(request, "accesses", ())
    return [_closing(one, one.closes_at) for one in found if one.closes_at]


def _closing(one: Access, closes_at: datetime) -> str:
    if one.is_emptying:
        return _(
            "%(name)s is being emptied: what was stored in it is deleted, but for what"
            " legal holds cover."
        ) % {"name": one.workspace.name}
    return _(
        "%(name)s closes on %(day)s. Nothing new is stored in it, and then all of it"
        " is deleted: take out what you need before."
    ) % {"name": one.workspace.name, "day": day(closes_at)}


def _worries(request: Any) -> list[dict[str, str]]:
    """What those who run the organization must see on each of its pages."""
    scope = scoping.current()
    organization = getattr(request, "organization", None)
    if organization is None or scope is None or scope.organization_id is None:
        return []
    if not request.actor.may(Permission.ORGANIZATION_MANAGE):
        return []
    return [
        {
            "text": _worry(one),
            "url": navigation.url_of(
                "workspaces:sso-metadata",
                organization=organization.slug,
                saml=str(one.connection),
            ),
        }
        for one in signin.worries(at=clock.now())
    ]


def _worry(one: signin.Worry) -> str:
    words = {"label": one.label, "day": day(one.not_after)}
    if one.is_waiting:
        return (
            _("%(label)s shows a new certificate: an owner has to confirm it.") % words
        )
    if one.is_ours:
        return _("The key of this portal for %(label)s ends on %(day)s.") % words
    return _("A certificate of %(label)s ends on %(day)s.") % words


def _demo_text() -> str:
    if not settings.CUSTOS_DEMO:
        return ""
    return _(
        "Demonstration with invented people. Anyone can enter; store nothing real."
    )
