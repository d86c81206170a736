"""Erase all that is one's own in a workspace, and see how far it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from retention.erasure import selectors, services, showing, tasks
from retention.erasure.models import Erasure
from retention.own_data.views.access import (
    actor_of,
    chosen,
    home,
    scope_of,
    undo_days_of,
    with_refusals,
)
from retention.places import query
from workspaces.tenancy.selectors import Access


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@with_refusals
def my_erasure(request: Any) -> HttpResponse:
    """What would be erased; typing the own address asks for it."""
    at = clock.now()
    access = chosen(request)
    error = ""
    if request.method == "POST":
        if request.POST.get("typed_name", "").strip().lower() != request.user.email:
            error = _("Type your address exactly; nothing was changed.")
        else:
            return _ask(request, access, at=at)
    with scope_of(access):
        context = _context(request, access, at=at) | {
            "error": error,
            "typed": request.POST.get("typed_name", ""),
        }
    status = 422 if error else 200
    return render(request, "retention/erasure/mine.html", context, status=status)


@guard.signed_in
@require_POST
@with_refusals
def my_erasure_withdraw(request: Any, erasure: UUID) -> HttpResponse:
    """Stop a request of one's own."""
    access = chosen(request)
    with scope_of(access):
        try:
            row = selectors.erasure_by_public_id(public_id=erasure)
        except Erasure.DoesNotExist as unknown:
            raise Http404 from unknown
        if row.membership_id != access.membership_id:
            raise Http404
    services.withdraw(
        actor=actor_of(request, access),
        workspace=access.workspace,
        erasure=row,
        at=clock.now(),
    )
    return redirect(_page(access))


def _ask(request: Any, access: Access, *, at: datetime) -> HttpResponse:
    services.request_own(
        actor=actor_of(request, access), workspace=access.workspace, at=at
    )
    tasks.ring()
    return redirect(_page(access))


def _context(request: Any, access: Access, *, at: datetime) -> dict[str, Any]:
    left = selectors.stored_of(membership_id=access.membership_id, until=at, at=at)
    found = selectors.erasures_of(membership_id=access.membership_id)
    return {
        "access": access,
        "email": request.user.email,
        "rows": showing.preview(left),
        "kept": showing.kept(left),
        "undo_days": undo_days_of(access),
        "requests": [_request(access, one, at=at) for one in found],
        "is_open": any(one.ended_at is None for one in found),
        "action_url": _page(access),
        "back_url": home(access),
    }


def _request(access: Access, one: Erasure, *, at: datetime) -> dict[str, Any]:
    by = _("you") if one.reason is None else _("an admin")
    withdraw = reverse("retention:my-erasure-withdraw", args=[one.public_id])
    return {
        "status": showing.status(one),
        "sentence": showing.sentence(
            one,
            undo_days=undo_days_of(access),
            protected_until=selectors.protected_until(erasure=one, at=at)
            if one.ended_at is None
            else None,
        ),
        "facts": showing.facts(one, by=by, reason="", now=at),
        "report": showing.report(selectors.counts_of(erasure=one)),
        "withdraw_url": withdraw if one.ended_at is None and one.reason is None else "",
    }


def _page(access: Access) -> str:
    return reverse("retention:my-erasure") + query(**{"in": access.workspace.slug})
