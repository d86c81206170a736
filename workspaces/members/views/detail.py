"""One member: who they are here, what their role may do, and what can be changed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST

from kit import clock, guard
from kit.permissions import LABELS as PERMISSION_LABELS
from kit.permissions import Decision, Permission
from kit.refusals import Refused
from workspaces.members import selectors, services
from workspaces.members.forms import RoleForm, SeatForm
from workspaces.members.models import Membership, MembershipStatus
from workspaces.members.views import frame
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import LABELS

# What other slices know of a member; each answers with a part of this page, which
# needs the permission of its view.
_PARTS = (("groups-of-member", _lazy("Groups"), Permission.MEMBERS_VIEW),)
_WIDE_PARTS = (
    ("access-effective", _lazy("What they may use, and why"), Permission.ROLES_VIEW),
)


@guard.requires(Permission.MEMBERS_VIEW)
@require_GET
def members_detail(request: Any, member: UUID) -> HttpResponse:
    """One member: who they are here and what their role may do."""
    return _page(request, selectors.one(member=member))


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def members_role(request: Any, member: UUID) -> HttpResponse:
    """Give a member another role."""
    found, form = selectors.one(member=member), RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, error=_("Choose a role."))
    try:
        services.change_role(
            actor=request.actor,
            workspace=request.workspace,
            member=member,
            at=clock.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        return _page(request, found, error=str(refusal), status=refusal.status)
    messages.success(request, _("The role was changed, from their next request on."))
    return redirect(frame.url(request, "members-detail", member=member))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def members_seat(request: Any, member: UUID) -> HttpResponse:
    """Give a member another type of seat."""
    found, form = selectors.one(member=member), SeatForm(request.POST)
    if not form.is_valid():
        return _page(request, found, error=_("Choose a seat."))
    try:
        services.change_seat(
            actor=request.actor,
            workspace=request.workspace,
            member=member,
            at=clock.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        return _page(request, found, error=str(refusal), status=refusal.status)
    messages.success(request, _("The seat was changed, from their next request on."))
    return redirect(frame.url(request, "members-detail", member=member))


def _page(
    request: Any, found: Membership, *, error: str = "", status: int = 422
) -> HttpResponse:
    is_in = found.status != MembershipStatus.REMOVED
    can_end = _may_end(request, found)
    context = {
        "member": frame.shown(request, found),
        "row": found,
        "now": clock.now(),
        "error": error,
        "sessions_url": _sessions_url(request, found),
        "rights": _rights(found, plan=request.workspace.plan),
        "can_end": can_end,
        "role_form": RoleForm(initial={"role": found.role})
        if is_in and request.actor.may(Permission.ROLES_MANAGE)
        else None,
        "seat_form": SeatForm(initial={"seat": found.seat})
        if is_in and can_end
        else None,
        "parts": _parts(request, found, _PARTS),
        "wide_parts": _parts(request, found, _WIDE_PARTS),
        "crumbs": frame.crumbs(request, {"label": found.name or found.email}),
    }
    name = "workspaces/members/detail.html"
    return render(request, name, context, status=status if error else 200)


def _parts(
    request: Any,
    member: Membership,
    table: tuple[tuple[str, str | Promise, Permission], ...],
) -> list[dict[str, Any]]:
    parts = [
        {
            "label": label,
            "url": frame.url_if_any(request, name, member=member.public_id),
        }
        for name, label, permission in table
        if request.actor.may(permission)
    ]
    return [part for part in parts if part["url"]]


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
    return frame.url(request, "member-sessions", member=member.public_id)


def _rights(member: Membership, *, plan: str) -> list[dict[str, Any]]:
    """Every permission of a workspace with the reason for yes or no."""
    granted = roles.granted_to(membership_id=member.pk)
    decided = [
        (
            permission,
            roles.decide(
                permission=permission, role=member.role, plan=plan, granted=granted
            ),
        )
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
