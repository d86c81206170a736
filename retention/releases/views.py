"""Asking for a release, and being the second person who confirms it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import requests, selectors, services
from retention.holds import showing as holds
from retention.holds.forms import ReleaseForm
from retention.holds.models import HoldScope, ReleaseRequest
from retention.holds.selectors import HoldView
from retention.holds.views.pages import found
from retention.places import crumbs, link
from retention.releases import previews, showing
from workspaces.members import selectors as members

_CHANGES = ["GET", "HEAD", "POST"]


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_release(request: Any, hold: UUID) -> HttpResponse:
    """What a release would free, and the form that asks for it."""
    at = clock.now()
    view = found(hold)
    scope = _scope(request, view)
    form = ReleaseForm(request.POST or None)
    error = ""
    if request.method == "POST":
        asked = form.cleaned_data if form.is_valid() else {"typed_name": ""}
        if asked["typed_name"].strip() != _name(view, scope):
            error = _("Type the name exactly; nothing was changed.")
        else:
            try:
                return _ask(request, view, scope, reason=asked["reason"], at=at)
            except Refused as refusal:
                error = str(refusal)
    context = _context(request, view, scope, at=at) | {
        "typed_name": _name(view, scope),
        "error": error,
        "typed": form["typed_name"].value() or "",
        "reason": form["reason"].value() or "",
        "alone": ""
        if requests.has_second_person(
            workspace=request.workspace, user_id=request.actor.user_id
        )
        else showing.alone(view.hold),
    }
    status = 422 if error else 200
    return render(request, "retention/releases/ask.html", context, status=status)


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_release_request(request: Any, hold: UUID, asked: UUID) -> HttpResponse:
    """One request: why, what it would free; another person confirms it here."""
    at = clock.now()
    view = found(hold)
    try:
        one = requests.request_by_public_id(hold=view.hold, public_id=asked)
    except ReleaseRequest.DoesNotExist as unknown:
        raise Http404 from unknown
    error = ""
    if request.method == "POST":
        try:
            return _decide(request, one, at=at)
        except Refused as refusal:
            error = str(refusal)
    people = members.names_of(people=[one.requested_by, one.decided_by or ""])
    context = _context(request, view, one.scope, at=at) | {
        "facts": showing.facts(
            one, reason=requests.reason_of(asked=one), people=people, now=at
        ),
        "is_waiting": one.decided_at is None,
        "is_mine": one.requested_by == request.actor.id,
        "error": error,
    }
    status = 409 if error else 200
    return render(request, "retention/releases/request.html", context, status=status)


def _scope(request: Any, view: HoldView) -> HoldScope | None:
    text = request.GET.get("scope")
    if not text:
        return None
    try:
        return requests.scope_of(hold=view.hold, public_id=UUID(text))
    except (HoldScope.DoesNotExist, ValueError, ValidationError) as unknown:
        raise Http404 from unknown


def _name(view: HoldView, scope: HoldScope | None) -> str:
    """What the person types: the matter, or the name of the part."""
    if scope is None:
        return view.matter
    (shown,) = selectors.scope_views(scopes=[scope])
    return str(holds.scope(shown, is_asked=False)["title"])


def _ask(
    request: Any,
    view: HoldView,
    scope: HoldScope | None,
    *,
    reason: str,
    at: datetime,
) -> HttpResponse:
    asked = services.request_release(
        actor=request.actor,
        workspace=request.workspace,
        hold=view.hold,
        scope=scope,
        reason=reason,
        at=at,
    )
    messages.success(
        request, _("The release waits for a second person. The hold is in force.")
    )
    names = {"hold": view.hold.public_id, "asked": asked.public_id}
    return redirect(link(request, "retention:hold-release-request", **names))


def _decide(request: Any, one: ReleaseRequest, *, at: datetime) -> HttpResponse:
    about = {"actor": request.actor, "workspace": request.workspace, "asked": one}
    if request.POST.get("step") == "withdraw":
        services.withdraw_request(**about, at=at)
        messages.success(request, _("The request is withdrawn. The hold is in force."))
    else:
        services.confirm_release(**about, at=at)
        messages.success(request, _("Released. The grace after release has begun."))
    return redirect(link(request, "retention:hold", hold=one.hold.public_id))


def _context(
    request: Any, view: HoldView, scope: HoldScope | None, *, at: datetime
) -> dict[str, Any]:
    outcome = previews.after_release(
        workspace=request.workspace, hold=view.hold, scope=scope, at=at
    )
    return {
        "view": view,
        "name": _name(view, scope),
        "rows": showing.rows(outcome),
        "sentence": showing.sentence(outcome, now=at),
        "when": showing.when(outcome),
        "hold_url": link(request, "retention:hold", hold=view.hold.public_id),
        "action_url": request.get_full_path(),
        "crumbs": crumbs(
            request, _("Release"), above=[(_("Holds"), "retention:holds")]
        ),
    }
