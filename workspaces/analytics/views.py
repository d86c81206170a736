"""Counts of a workspace, week by week, for those who may see counts."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.permissions import Permission
from workspaces.analytics import rules, selectors, showing


@guard.requires(Permission.ANALYTICS_VIEW)
@require_safe
def analytics_page(request: Any) -> HttpResponse:
    """What happened in twelve whole weeks, as counts; no names, no content."""
    at = clock.now()
    begins = selectors.begins(at=at)
    rows = rules.rows(selectors.weeks(workspace=request.workspace, at=at))
    context = {
        "figures": showing.figures(rows),
        "charts": showing.charts(rows, begins),
        "names": showing.NAMES,
        "weeks": showing.table(rows, begins),
        "floor": rules.FLOOR,
        "is_empty": not any(cell != 0 for row in rows for cell in row.cells),
        "crumbs": [
            {"label": request.workspace.organization.name},
            {
                "label": request.workspace.name,
                "url": reverse(
                    "workspaces:overview", kwargs={"workspace": request.workspace.slug}
                ),
            },
            {"label": _("Analytics")},
        ],
    }
    return render(request, "workspaces/analytics/page.html", context)
