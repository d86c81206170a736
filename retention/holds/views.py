"""Legal holds: the list, placing with a preview, one hold, releasing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import selectors, services, showing
from retention.holds.forms import HoldForm, ReleaseForm
from retention.holds.models import Hold
from retention.holds.selectors import HoldView
from retention.places import crumbs, link, query
from workspaces.members import selectors as members

_ORDER: keyset.Order = (("placed_at", "desc"), ("id", "desc"))


@guard.requires(Permission.HOLDS_VIEW)
@require_safe
def holds(request: Any) -> HttpResponse:
    """Every hold, newest first, released ones included."""
    page = keyset.page(
        selectors.holds(), order=_ORDER, after=request.GET.get("after"), size=50
    )
    views = selectors.views_of(shown=page.rows)
    context = {
        "rows": [_row(request, view) for view in views],
        "sentence": showing.sentence(selectors.holds(only_active=True).count()),
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "can_manage": request.actor.may(Permission.HOLDS_MANAGE),
        "place_url": link(request, "retention:hold-place"),
        "crumbs": crumbs(request, _("Holds")),
    }
    return render(request, "retention/holds/list.html", context)


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def hold_place(request: Any) -> HttpResponse:
    """A form whose first button counts what is covered, and whose second places it."""
    form = HoldForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "holds_url": link(request, "retention:holds"),
        "crumbs": crumbs(
            request, _("Place a hold"), above=[(_("Holds"), "retention:holds")]
        ),
    }
    if form.is_bound and form.is_valid():
        try:
            scopes = _named(form)
            if request.POST.get("step") == "place":
                return _place(request, form, scopes, at=clock.now())
            context |= _preview(scopes)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    status = 422 if form.errors else 200
    return render(request, "retention/holds/place.html", context, status=status)


@guard.requires(Permission.HOLDS_VIEW)
@require_safe
def hold(request: Any, hold: UUID) -> HttpResponse:
    """One hold: what it covers, its history, and the way to release it."""
    return _page(request, _found(hold), at=clock.now())


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(["POST"])
def hold_release(request: Any, hold: UUID) -> HttpResponse:
    """Release it, once its matter was typed and a reason given."""
    at = clock.now()
    view = _found(hold)
    form = ReleaseForm(request.POST)
    asked = form.cleaned_data if form.is_valid() else {"typed_name": "", "reason": ""}
    error = ""
    if asked["typed_name"].strip() != view.matter:
        error = _("Type the matter exactly; nothing was changed.")
    else:
        try:
            services.release(
                actor=request.actor,
                workspace=request.workspace,
                hold=view.hold,
                reason=asked["reason"],
                at=at,
            )
        except Refused as refusal:
            error = str(refusal)
    if not error:
        messages.success(request, _("The hold is released."))
        return redirect(link(request, "retention:hold", hold=hold))
    tried = {"error": error, "typed": asked["typed_name"], "reason": asked["reason"]}
    return _page(request, view, at=at, tried=tried, status=422)


def _found(public_id: UUID) -> HoldView:
    try:
        found = selectors.hold_by_public_id(public_id=public_id)
    except Hold.DoesNotExist as unknown:
        raise Http404 from unknown
    return selectors.views_of(shown=[found])[0]


def _page(
    request: Any,
    view: HoldView,
    *,
    at: datetime,
    tried: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    people = members.names_of(people=[view.hold.placed_by, view.hold.released_by or ""])
    context = {
        "view": view,
        "covered": showing.conversations(view.covered),
        "history": showing.history(view, people=people, now=at),
        "members": [_member(request, member) for member in view.members],
        "conversations": [_conversation(request, one) for one in view.conversations],
        "is_released": view.hold.released_at is not None,
        "can_manage": request.actor.may(Permission.HOLDS_MANAGE),
        "release_url": link(
            request, "retention:hold-release", hold=view.hold.public_id
        ),
        "holds_url": link(request, "retention:holds"),
        "audit_url": _audit_url(request),
        "after_release": showing.after_release(),
        "tried": tried or {},
        "crumbs": crumbs(request, view.matter, above=[(_("Holds"), "retention:holds")]),
    }
    return render(request, "retention/holds/detail.html", context, status=status)


def _named(form: HoldForm) -> dict[str, list[int]]:
    asked = form.cleaned_data
    scopes = {
        "membership_ids": selectors.members_named(emails=asked["members"]),
        "conversation_ids": selectors.conversations_named(
            public_ids=asked["conversations"]
        ),
    }
    if not any(scopes.values()):
        raise services.HoldCoversNothing(
            _("Name at least one member or conversation of this workspace.")
        )
    return scopes


def _preview(scopes: dict[str, list[int]]) -> dict[str, Any]:
    found = selectors.would_cover(**scopes)
    return {
        "coverage": showing.coverage(found),
        "covered": showing.conversations(found.total),
    }


def _place(
    request: Any, form: HoldForm, scopes: dict[str, list[int]], *, at: datetime
) -> HttpResponse:
    placed = services.place(
        actor=request.actor,
        workspace=request.workspace,
        matter=form.cleaned_data["matter"],
        membership_ids=scopes["membership_ids"],
        conversation_ids=scopes["conversation_ids"],
        at=at,
    )
    messages.success(
        request, _("The hold is in force. Nothing that it covers is purged.")
    )
    return redirect(link(request, "retention:hold", hold=placed.public_id))


def _row(request: Any, view: HoldView) -> dict[str, Any]:
    return {
        "matter": view.matter,
        "covers": showing.covers(view),
        "covered": view.covered,
        "placed_at": view.hold.placed_at,
        "released_at": view.hold.released_at,
        "url": link(request, "retention:hold", hold=view.hold.public_id),
    }


def _member(request: Any, member: Any) -> dict[str, str]:
    may_look = request.actor.may(Permission.MEMBERS_VIEW)
    names = {"member": member.public_id}
    return {
        "name": member.name or member.email.partition("@")[0],
        "email": member.email,
        "url": link(request, "workspaces:members-detail", **names) if may_look else "",
    }


def _conversation(request: Any, public_id: UUID) -> dict[str, str]:
    may_look = request.actor.may(Permission.CONVERSATIONS_VIEW_METADATA)
    names = {"conversation": public_id}
    return {
        "id": str(public_id),
        "url": link(request, "retention:conversation", **names) if may_look else "",
    }


def _audit_url(request: Any) -> str:
    if not request.actor.may(Permission.AUDIT_VIEW):
        return ""
    return link(request, "audit:workspace-entries") + query(area="holds")
