"""Suspends, removes and lets back in a member, and shows what offboarding did."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, departures, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import selectors as keys
from workspaces.members import selectors as members
from workspaces.members import services as membership
from workspaces.members.models import Membership
from workspaces.offboarding import selectors, services
from workspaces.offboarding.forms import LeaveForm, RemovalForm
from workspaces.offboarding.models import Departure, OffboardingReport
from workspaces.offboarding.services.leaving import MEMBERSHIP


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def offboarding_suspend(request: Any, member: UUID) -> HttpResponse:
    """Keep a member out until somebody lets them back in, once that is confirmed."""
    return _leave(request, member, Departure.SUSPENDED)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def offboarding_remove(request: Any, member: UUID) -> HttpResponse:
    """End a membership, once the member's address was typed."""
    return _leave(request, member, Departure.REMOVED)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def offboarding_let_in(request: Any, member: UUID) -> HttpResponse:
    """Let a suspended member back in; what they held stays ended."""
    row = membership.reactivate(
        actor=request.actor, workspace=request.workspace, member=member, at=clock.now()
    )
    messages.success(
        request,
        _("%s may enter again and signs in anew; keys stay revoked.") % _name(row),
    )
    return redirect(_url(request, "members-detail", member=member))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_safe
def offboarding_report(request: Any, report: UUID) -> HttpResponse:
    """What one departure ended, and how long each step took."""
    found = selectors.report(public_id=report)
    row = members.by_id(ids=[found.membership_id])[found.membership_id]
    calls = selectors.calls_of(report=found)
    context = {
        "report": found,
        "name": _name(row),
        "is_removed": found.departure == Departure.REMOVED,
        "steps": _steps(found),
        "took": _milliseconds(found.duration_us),
        "calls": calls,
        "requested_by": _requested_by(found),
        "member_url": _url(request, "members-detail", member=row.public_id),
        "crumbs": _crumbs(request, row, _("Offboarding")),
    }
    return render(request, "workspaces/offboarding/report.html", context)


def _leave(request: Any, member: UUID, departure: Departure) -> HttpResponse:
    row = members.one(member=member)
    if request.method != "POST":
        return _confirmation(request, row, departure)
    form = LeaveForm(request.POST)
    asked = form.cleaned_data if form.is_valid() else {"typed_name": "", "reason": ""}
    handing = _handing(request, departure)
    error = ""
    if not asked["reason"]:
        error = _("Give a reason; nothing was changed.")
    elif departure is Departure.REMOVED and asked["typed_name"].lower() != row.email:
        error = _("Type the address exactly; nothing was changed.")
    elif handing is not None and not handing.is_valid():
        error = _("Name an active member who takes over; nothing was changed.")
    if error:
        return _confirmation(
            request, row, departure, error=error, asked=asked, handing=handing
        )
    choices = handing.cleaned_data if handing else {}
    try:
        report = services.offboard(
            actor=request.actor,
            workspace=request.workspace,
            member=member,
            departure=departure,
            reason=asked["reason"],
            at=clock.now(),
            **choices,
        )
    except Refused as refusal:
        return _confirmation(
            request,
            row,
            departure,
            error=str(refusal),
            asked=asked,
            handing=handing,
            status=409,
        )
    return redirect(_url(request, "offboarding-report", report=report.public_id))


def _handing(request: Any, departure: Departure) -> RemovalForm | None:
    """What becomes of what a removed member made, as it was sent."""
    if departure is not Departure.REMOVED:
        return None
    names_successor = request.actor.may(Permission.GPTS_MANAGE)
    posted = request.POST if request.method == "POST" else None
    return RemovalForm(posted, names_successor=names_successor)


def _confirmation(
    request: Any,
    row: Membership,
    departure: Departure,
    *,
    error: str = "",
    asked: dict[str, str] | None = None,
    handing: RemovalForm | None = None,
    status: int = 422,
) -> HttpResponse:
    is_removal = departure is Departure.REMOVED
    count = keys.owned_by(membership_id=row.pk, at=clock.now())
    context = {
        "name": _name(row),
        "is_removal": is_removal,
        "typed_name": row.email if is_removal else "",
        "keys": ngettext("%d API key", "%d API keys", count) % count,
        "error": error,
        "asked": asked or {},
        "handing": handing or _handing(request, departure),
        "action_url": request.path,
        "keep_url": _url(request, "members-detail", member=row.public_id),
        "crumbs": _crumbs(request, row, _("Remove") if is_removal else _("Suspend")),
    }
    return render(
        request,
        "workspaces/offboarding/confirm.html",
        context,
        status=status if error else 200,
    )


def _steps(report: OffboardingReport) -> list[dict[str, Any]]:
    own = {MEMBERSHIP: _("Membership ended")}
    return [
        {
            "label": own.get(one["name"]) or departures.label_of(one["name"]),
            "count": one["count"],
            "took": _milliseconds(one["us"]),
        }
        for one in report.steps
    ]


def _milliseconds(microseconds: int) -> str:
    return _("%s ms") % f"{microseconds / 1000:.1f}"


def _requested_by(report: OffboardingReport) -> str:
    known = members.names_of(people=[report.requested_by])
    return known.get(report.requested_by) or _("The installation")


def _name(row: Membership) -> str:
    return row.name or row.email


def _url(request: Any, page: str, **names: Any) -> str:
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def _crumbs(request: Any, row: Membership, label: str) -> list[dict[str, str]]:
    workspace = request.workspace
    return [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": _url(request, "overview")},
        {"label": _("Members"), "url": _url(request, "members-list")},
        {
            "label": _name(row),
            "url": _url(request, "members-detail", member=row.public_id),
        },
        {"label": label},
    ]
