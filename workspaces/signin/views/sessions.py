"""Where somebody is signed in: the person's own page, and an admin's on a member."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard, scoping
from kit.permissions import Permission
from workspaces.members import selectors as members
from workspaces.members import standing
from workspaces.members.models import Membership, User
from workspaces.signin import devices, selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import Method, SignInSession
from workspaces.signin.services import sessions
from workspaces.signin.services.sessions import SessionIsGone

_METHODS = {
    Method.SAML: _lazy("Single sign-on"),
    Method.CODE: _lazy("Code by mail"),
    Method.BREAK_GLASS: _lazy("Break-glass"),
}
_BOTH = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, kw_only=True)
class _Here:
    """Whose sessions, in which organization, and the page that shows them."""

    organization_id: int
    user: User
    own: UUID | None
    list_url: str
    layout: str
    reason: EndReason
    crumbs: list[dict[str, str]]


@guard.about_session
@require_safe
def my_sessions(request: Any) -> HttpResponse:
    """The person's own sessions in the organization of this one."""
    here = _mine(request)
    with scoping.organization(organization_id=here.organization_id):
        rows = selectors.living_sessions(user=here.user, at=clock.now())
        return _list(
            request, here, rows, name="my-session-end", all_name="my-sessions-end"
        )


@guard.about_session
@require_http_methods(_BOTH)
def my_session_end(request: Any, session: UUID) -> HttpResponse:
    """Ask, then end one of them."""
    here = _mine(request)
    with scoping.organization(organization_id=here.organization_id):
        return _end_one(request, here, session)


@guard.about_session
@require_http_methods(_BOTH)
def my_sessions_end(request: Any) -> HttpResponse:
    """Ask, then end all but this one."""
    here = _mine(request)
    with scoping.organization(organization_id=here.organization_id):
        return _end_all(request, here)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_safe
def member_sessions(request: Any, member: UUID) -> HttpResponse:
    """A member's sessions, for whoever manages members."""
    here = _of_member(request, member)
    rows = selectors.living_sessions(user=here.user, at=clock.now())
    return _list(
        request,
        here,
        rows,
        name="member-session-end",
        all_name="member-sessions-end",
        names={"workspace": request.workspace.slug, "member": member},
    )


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(_BOTH)
def member_session_end(request: Any, member: UUID, session: UUID) -> HttpResponse:
    """Ask, then end one of a member's."""
    return _end_one(request, _of_member(request, member), session)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(_BOTH)
def member_sessions_end(request: Any, member: UUID) -> HttpResponse:
    """Ask, then end all of a member's."""
    return _end_all(request, _of_member(request, member))


def _mine(request: Any) -> _Here:
    held = standing.held(request.session)
    if held is None:  # an operator's session
        raise SessionIsGone(_("This session belongs to no organization."))
    return _Here(
        organization_id=held.organization_id,
        user=request.user,
        own=held.sign_in,
        list_url=reverse("workspaces:my-sessions"),
        layout="layouts/person.html",
        reason=EndReason.REVOKED,
        crumbs=[],
    )


def _of_member(request: Any, member: UUID) -> _Here:
    row = members.one(member=member)
    user = selectors.person_below(actor=request.actor, member=row)
    held = standing.held(request.session)
    names = {"workspace": request.workspace.slug, "member": member}
    is_self = user.pk == request.user.pk
    return _Here(
        organization_id=request.workspace.organization.id,
        user=user,
        own=held.sign_in if held and is_self else None,
        list_url=reverse("workspaces:member-sessions", kwargs=names),
        layout="layouts/portal.html",
        reason=EndReason.REVOKED if is_self else EndReason.REVOKED_BY_ADMIN,
        crumbs=_crumbs(request, row),
    )


def _list(
    request: Any,
    here: _Here,
    rows: list[SignInSession],
    *,
    name: str,
    all_name: str,
    names: dict[str, Any] | None = None,
) -> HttpResponse:
    names = names or {}
    shown = [
        {
            **_shown(row, here),
            "end_url": reverse(
                f"workspaces:{name}", kwargs={**names, "session": row.public_id}
            ),
        }
        for row in rows
    ]
    context = {
        "layout": here.layout,
        "email": here.user.email,
        "sessions": shown,
        "has_others": any(not one["is_this"] for one in shown),
        "is_own": here.own is not None,
        "end_all_url": reverse(f"workspaces:{all_name}", kwargs=names),
        "now": clock.now(),
        "crumbs": here.crumbs,
    }
    return render(request, "workspaces/signin/sessions.html", context)


def _end_one(request: Any, here: _Here, public_id: UUID) -> HttpResponse:
    at = clock.now()
    rows = selectors.living_sessions(user=here.user, at=at)
    row = next((one for one in rows if one.public_id == public_id), None)
    if row is None:
        raise SessionIsGone(_("This session has ended already."))
    if request.method != "POST":
        return _ask(request, here, _shown(row, here))
    sessions.end(
        actor=request.actor,
        organization_id=here.organization_id,
        sign_in=public_id,
        reason=here.reason,
        at=at,
    )
    messages.success(request, _("The session is ended."))
    return redirect(here.list_url)


def _end_all(request: Any, here: _Here) -> HttpResponse:
    if request.method != "POST":
        return _ask(request, here, None)
    sessions.end_all_of(
        actor=request.actor,
        organization_id=here.organization_id,
        user=here.user,
        reason=here.reason,
        but=here.own,
        at=clock.now(),
    )
    messages.success(request, _("They are ended."))
    return redirect(here.list_url)


def _ask(request: Any, here: _Here, one: dict[str, Any] | None) -> HttpResponse:
    context = {
        "layout": here.layout,
        "email": here.user.email,
        "one": one,
        "is_own": here.own is not None,
        "list_url": here.list_url,
        "crumbs": here.crumbs,
    }
    return render(request, "workspaces/signin/sessions_end.html", context)


def _shown(row: SignInSession, here: _Here) -> dict[str, Any]:
    return {
        "device": devices.words(row.user_agent),
        "ip": row.ip,
        "method": _METHODS[Method(row.method)],
        "began_at": row.began_at,
        "seen_at": row.seen_at,
        "expires_at": row.expires_at,
        "is_this": row.public_id == here.own,
    }


def _crumbs(request: Any, member: Membership) -> list[dict[str, str]]:
    workspace = {"workspace": request.workspace.slug}
    return [
        {
            "label": request.workspace.name,
            "url": reverse("workspaces:overview", kwargs=workspace),
        },
        {
            "label": _("Members"),
            "url": reverse("workspaces:members-list", kwargs=workspace),
        },
        {
            "label": member.name or member.email,
            "url": reverse(
                "workspaces:members-detail",
                kwargs={**workspace, "member": member.public_id},
            ),
        },
        {"label": _("Sessions")},
    ]
