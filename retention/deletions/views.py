"""What is deleted or expired and still stored, against the promise of thirty days."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.permissions import Permission
from retention.deletions import objects, selectors, showing
from retention.places import crumbs, link, query


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def deletions(request: Any) -> HttpResponse:
    """The verdict, how old what waits is, and what comes next."""
    at = clock.now()
    waiting = selectors.waiting(workspace=request.workspace, at=at)
    others = objects.waiting(workspace=request.workspace, at=at)
    context = {
        "verdict": showing.verdict(showing.with_others(waiting, others), now=at),
        "figures": showing.figures(waiting),
        "chart": showing.age_chart(waiting, now=at),
        "due_sentence": showing.due_sentence(waiting.due.conversations),
        "others": showing.others(others, now=at),
        "is_empty": not waiting.total and not waiting.held,
        "lists": _lists(request),
        "sweeps_url": link(request, "retention:sweeps"),
        "crumbs": crumbs(request, _("Deletions")),
    }
    return render(request, "retention/deletions/show.html", context)


def _lists(request: Any) -> list[dict[str, Any]]:
    """The lists that the numbers count, for those who may see them."""
    if not request.actor.may(Permission.CONVERSATIONS_VIEW_METADATA):
        return []
    url = link(request, "retention:conversations")
    return [
        {"label": _("Deleted conversations"), "url": url + query(state="deleted")},
        {"label": _("Expired conversations"), "url": url + query(state="expired")},
    ]
