"""The list of members, one member, and the theme that a person chose."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST

from kit import clock, guard
from kit.http.keyset import Page
from kit.permissions import LABELS as PERMISSION_LABELS
from kit.permissions import Decision, Permission
from workspaces.members import selectors, services
from workspaces.members.forms import FindForm
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import LABELS, Role

_NOTHING = {"q": "", "role": ""}
_EMPTY: Page[Membership] = Page(rows=[], next=None, previous=None)
_STATUS = {
    MembershipStatus.ACTIVE: ("ok", _lazy("Active")),
    MembershipStatus.SUSPENDED: ("off", _lazy("Suspended")),
    MembershipStatus.REMOVED: ("off", _lazy("Removed")),
}


@guard.requires(Permission.MEMBERS_VIEW)
@require_GET
def members_list(request: Any) -> HttpResponse:
    """Everyone in the workspace, found by address or role."""
    form = FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else _NOTHING
    page = _EMPTY
    if form.is_valid():
        after = request.GET.get("after")
        page = selectors.page(prefix=asked["q"], role=asked["role"], after=after)
    context = {
        "form": form,
        "members": [_row(request, member) for member in page.rows],
        "chips": _chips(asked),
        "next_url": page.next and _query(asked, after=page.next),
        "previous_url": page.previous and _query(asked, after=page.previous),
        "counts": selectors.counts(),
        "crumbs": _crumbs(request),
    }
    name = "workspaces/members/list.html"
    return render(request, f"{name}#rows" if request.htmx else name, context)


@guard.requires(Permission.MEMBERS_VIEW)
@require_GET
def members_detail(request: Any, member: UUID) -> HttpResponse:
    """One member: who they are here and what their role may do."""
    found = selectors.one(member=member)
    context = {
        "member": _row(request, found),
        "row": found,
        "now": clock.now(),
        "sessions_url": _sessions_url(request, found),
        "rights": _rights(found, plan=request.workspace.plan),
        "can_end": _may_end(request, found),
        "crumbs": _crumbs(request, found),
    }
    return render(request, "workspaces/members/detail.html", context)


@guard.about_session
@require_POST
def theme(request: Any) -> HttpResponse:
    """Keep light, dark or automatic with the account, and come back."""
    services.choose_theme(user_id=request.user.pk, theme=request.POST.get("theme", ""))
    return redirect(_back(request))


def _row(request: Any, member: Membership) -> dict[str, Any]:
    kind, word = _STATUS[MembershipStatus(member.status)]
    return {
        "name": member.name or member.email.partition("@")[0],
        "email": member.email,
        "role": LABELS[Role(member.role)],
        "status_kind": kind,
        "status_word": word,
        "is_active": member.status == MembershipStatus.ACTIVE,
        "is_self": member.pk == request.actor.membership_id,
        "since": member.created_at,
        "url": reverse(
            "workspaces:members-detail",
            kwargs={"workspace": request.workspace.slug, "member": member.public_id},
        ),
    }


def _may_end(request: Any, member: Membership) -> Decision:
    """Whether the actor may suspend or remove this member; the service decides."""
    decision: Decision = request.actor.may(Permission.MEMBERS_MANAGE)
    own, plan = request.actor.permissions, request.workspace.plan
    if not decision or roles.may_act_on_member(
        membership_id=member.pk, role=member.role, own=own, plan=plan
    ):
        return decision
    return Decision(
        allowed=False, reason=_("Their role may do more than yours: an owner can.")
    )


def _sessions_url(request: Any, member: Membership) -> str:
    if not request.actor.may(Permission.MEMBERS_MANAGE):
        return ""
    names = {"workspace": request.workspace.slug, "member": member.public_id}
    return reverse("workspaces:member-sessions", kwargs=names)


def _rights(member: Membership, *, plan: str) -> list[dict[str, Any]]:
    """Every permission of a workspace with the reason for yes or no."""
    decided = [
        (permission, roles.decide(permission=permission, role=member.role, plan=plan))
        for permission in Permission
        if roles.roles_with(permission=permission, plan=plan)
    ]
    return [
        {
            "label": PERMISSION_LABELS[permission],
            "allowed": decision.allowed,
            "holders": ", ".join(
                str(LABELS[role])
                for role in roles.roles_with(permission=permission, plan=plan)
            ),
        }
        for permission, decision in decided
    ]


def _chips(asked: dict[str, str]) -> list[dict[str, Any]]:
    chips = []
    if asked["q"]:
        chips.append(
            {
                "field": _("Address"),
                "relation": _("begins with"),
                "value": asked["q"],
                "remove_url": _query({**asked, "q": ""}),
            }
        )
    if asked["role"]:
        chips.append(
            {
                "field": _("Role"),
                "relation": _("is"),
                "value": str(LABELS[Role(asked["role"])]),
                "remove_url": _query({**asked, "role": ""}),
            }
        )
    return chips


def _query(asked: dict[str, str], **more: str) -> str:
    kept = {name: value for name, value in {**asked, **more}.items() if value}
    return f"?{urlencode(kept)}"


def _crumbs(request: Any, member: Membership | None = None) -> list[dict[str, str]]:
    workspace = request.workspace
    here = {"workspace": workspace.slug}
    members_url = reverse("workspaces:members-list", kwargs=here)
    crumbs = [
        {"label": workspace.organization.name, "url": ""},
        {"label": workspace.name, "url": reverse("workspaces:overview", kwargs=here)},
        {"label": _("Members"), "url": members_url if member else ""},
    ]
    return crumbs + ([{"label": member.name or member.email}] if member else [])


def _back(request: HttpRequest) -> str:
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(
        path, allowed_hosts=None
    )
    return path if is_ours else "/"
