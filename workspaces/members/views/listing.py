"""The list of members with its filters."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kit import guard
from kit.http.keyset import Page
from kit.permissions import Permission
from workspaces.members import narrowing, selectors
from workspaces.members.forms import KEPT_LABELS, STATUS_LABELS, FindForm
from workspaces.members.models import Membership, MembershipStatus
from workspaces.members.selectors import Wanted
from workspaces.members.views import frame
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy.seats import LABELS as SEAT_LABELS
from workspaces.tenancy.seats import SeatType

_EMPTY: Page[Membership] = Page(rows=[], next=None, previous=None)


@guard.requires(Permission.MEMBERS_VIEW)
@require_GET
def members_list(request: Any) -> HttpResponse:
    """Everyone in the workspace, found by address or name and by what they have."""
    form = FindForm(request.GET)
    wanted = form.wanted() if form.is_valid() else Wanted()
    chips, page = _chips(wanted), _EMPTY
    if form.is_valid():
        page = selectors.listed(wanted=wanted, after=request.GET.get("after"))
    context = {
        "form": form,
        "members": [frame.shown(request, member) for member in page.rows],
        "chips": chips,
        "narrowed": list(wanted.narrowed.items()),
        "next_url": page.next and frame.query(wanted, after=page.next),
        "previous_url": page.previous and frame.query(wanted, after=page.previous),
        "counts": selectors.counts(),
        "seats": selectors.seats(workspace_id=request.workspace.id),
        "filters": list(wanted.as_query().items()),
        "bulk_url": _bulk_url(request),
        "invite_url": _invite_url(request),
        "seats_url": frame.url(request, "members-seats"),
        "crumbs": frame.crumbs(request),
    }
    name = "workspaces/members/list.html"
    return render(request, f"{name}#rows" if request.htmx else name, context)


def _bulk_url(request: Any) -> str:
    if not request.actor.may(Permission.MEMBERS_MANAGE):
        return ""
    return frame.url_if_any(request, "bulk-choose")


def _invite_url(request: Any) -> str:
    if not request.actor.may(Permission.MEMBERS_MANAGE):
        return ""
    return frame.url_if_any(request, "invitations-list")


def _chips(wanted: Wanted) -> list[dict[str, Any]]:
    """The filters that are on; a way of another slice refuses what it does not know."""
    chips = []
    for name, field, relation, value in _words(wanted):
        if value:
            change: dict[str, Any] = {name: ""}
            chips.append(_chip(field, relation, value, replace(wanted, **change)))
    for way in narrowing.registered():
        if chosen := wanted.narrowed.get(way.name):
            rest = {k: v for k, v in wanted.narrowed.items() if k != way.name}
            without = replace(wanted, narrowed=rest)
            chips.append(_chip(way.label, _("is"), way.describe(chosen), without))
    return chips


def _words(wanted: Wanted) -> list[tuple[str, str, str, str]]:
    role, status, seat = wanted.role, wanted.status, wanted.seat
    return [
        ("find", _("Address or name"), _("begins with"), wanted.find),
        ("role", _("Role"), _("is"), str(LABELS[Role(role)]) if role else ""),
        (
            "status",
            _("Status"),
            _("is"),
            str(STATUS_LABELS[MembershipStatus(status)]) if status else "",
        ),
        ("seat", _("Seat"), _("is"), str(SEAT_LABELS[SeatType(seat)]) if seat else ""),
        ("kept", _("Kept"), _("by"), str(KEPT_LABELS.get(wanted.kept, ""))),
    ]


def _chip(field: Any, relation: str, value: str, without: Wanted) -> dict[str, Any]:
    return {
        "field": field,
        "relation": relation,
        "value": value,
        "remove_url": frame.query(without),
    }
