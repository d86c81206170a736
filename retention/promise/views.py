"""The 30-day promise as a service level: of one workspace, and of an organization."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard, scoping
from kit.formatting import absolute, grouped
from kit.http import keyset
from kit.permissions import Permission
from retention.places import crumbs, link, place, query
from retention.promise import selectors, showing
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import workspace_by_slug

_AT_ONCE = 20


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def promise(request: Any) -> HttpResponse:
    """Whether it is kept, what waits, and what comes due."""
    at = clock.now()
    found = selectors.standing(workspace=request.workspace, at=at)
    context = {
        "verdict": showing.verdict(found),
        "figures": showing.figures(found, now=at),
        "chart": showing.chart(found, now=at),
        "is_due": any(one.due for one in found.forecast),
        "rate": showing.rate(found),
        "is_empty": not found.waiting and not found.purged,
        "deletions_url": link(request, "retention:deletions"),
        "sweeps_url": link(request, "retention:sweeps"),
        "crumbs": crumbs(request, _("30-day promise")),
    }
    return render(request, "retention/promise/show.html", context)


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_safe
def organization_promise(request: Any) -> HttpResponse:
    """Each workspace of the organization against the promise."""
    page = keyset.page(
        Workspace.objects.all(),
        order=(("slug", "asc"), ("id", "asc")),
        after=request.GET.get("after"),
        size=_AT_ONCE,
    )
    context = {
        "rows": [_row(one.slug) for one in page.rows],
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "crumbs": [
            {"label": request.organization.name},
            {"label": _("30-day promise")},
        ],
    }
    return render(request, "retention/promise/organization.html", context)


def _row(slug: str) -> dict[str, Any]:
    workspace = workspace_by_slug(slug=slug)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        found = selectors.standing(workspace=workspace, at=clock.now())
    return {
        "name": workspace.name,
        "url": place(workspace, "retention:promise"),
        "kind": showing.KINDS[found.stage],
        "word": showing.word(found.stage),
        "share": showing.share(found.on_time),
        "overdue": grouped(found.overdue),
        "waiting": grouped(found.waiting),
        "due": absolute(found.due_at) if found.due_at else "-",
    }
