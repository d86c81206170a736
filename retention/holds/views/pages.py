"""Legal holds: the list, and one matter with what it covers now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.http import keyset
from kit.permissions import Permission
from retention.holds import counting, requests, selectors, showing
from retention.holds.models import Hold, ReleaseRequest
from retention.holds.selectors import HoldView, ScopeView
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
        "grace": showing.grace(selectors.grace_days()),
        "grace_url": link(request, "retention:hold-grace"),
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "can_manage": request.actor.may(Permission.HOLDS_MANAGE),
        "place_url": link(request, "retention:hold-place"),
        "find_url": link(request, "retention:hold-find")
        if request.actor.may(Permission.CONVERSATIONS_VIEW_METADATA)
        else "",
        "crumbs": crumbs(request, _("Holds")),
    }
    return render(request, "retention/holds/list.html", context)


@guard.requires(Permission.HOLDS_VIEW)
@require_safe
def hold(request: Any, hold: UUID) -> HttpResponse:
    """One matter: what it covers, its history, and the ways to change it."""
    at = clock.now()
    view = found(hold)
    asked = requests.requests_of(hold=view.hold)
    waiting = [one for one in asked if one.decided_at is None]
    people = members.names_of(people=showing.people_of(view, asked))
    covered = counting.covered_by(hold=view.hold)
    context = {
        "view": view,
        "covered": showing.conversations(view.covered),
        "figures": showing.figures(covered),
        "table": showing.table(covered, names=_names(covered)),
        "history": showing.history(view, asked, people=people, now=at),
        "scopes": [_scope(request, one, waiting) for one in view.scopes],
        "waiting": [_waiting(request, one, people, now=at) for one in waiting],
        "is_released": view.hold.released_at is not None,
        "can_manage": request.actor.may(Permission.HOLDS_MANAGE),
        **_links(request, view),
        "crumbs": crumbs(request, view.matter, above=[(_("Holds"), "retention:holds")]),
    }
    return render(request, "retention/holds/detail.html", context)


def found(public_id: UUID) -> HoldView:
    """One hold of the open workspace; 404 otherwise."""
    try:
        one = selectors.hold_by_public_id(public_id=public_id)
    except Hold.DoesNotExist as unknown:
        raise Http404 from unknown
    return selectors.views_of(shown=[one])[0]


def _names(covered: counting.Coverage) -> dict[int, str]:
    rows = members.by_id(ids={share.owner_id for share in covered.shares})
    return {pk: row.name or row.email for pk, row in rows.items()}


def _links(request: Any, view: HoldView) -> dict[str, str]:
    one = {"hold": view.hold.public_id}
    audit = ""
    if request.actor.may(Permission.AUDIT_VIEW):
        audit = link(request, "audit:workspace-entries") + query(q="area:holds")
    return {
        "release_url": link(request, "retention:hold-release", **one),
        "edit_url": link(request, "retention:hold-edit", **one),
        "add_url": link(request, "retention:hold-add", **one),
        "exports_url": link(request, "retention:matter-exports", **one)
        if request.actor.may(Permission.MATTERS_EXPORT)
        else "",
        "notices_url": link(request, "retention:hold-notices", **one),
        "audit_url": audit,
    }


def _row(request: Any, view: HoldView) -> dict[str, Any]:
    return {
        "matter": view.matter,
        "reference": view.text.reference,
        "covers": showing.covers(view),
        "covered": view.covered,
        "placed_at": view.hold.placed_at,
        "released_at": view.hold.released_at,
        "url": link(request, "retention:hold", hold=view.hold.public_id),
    }


def _scope(
    request: Any, view: ScopeView, waiting: list[ReleaseRequest]
) -> dict[str, Any]:
    scope = view.scope
    asked = any(one.scope_id == scope.pk for one in waiting)
    may_release = scope.released_at is None and not asked
    url = link(request, "retention:hold-release", hold=scope.hold.public_id)
    return {
        **showing.scope(view, is_asked=asked),
        "release_url": url + query(scope=str(scope.public_id)) if may_release else "",
    }


def _waiting(
    request: Any, asked: ReleaseRequest, people: dict[str, str], *, now: datetime
) -> dict[str, Any]:
    return {
        "title": showing.asked(asked, people=people, now=now),
        "url": link(
            request,
            "retention:hold-release-request",
            hold=asked.hold.public_id,
            asked=asked.public_id,
        ),
    }
