"""The mail that the organization's people were sent, for its owners."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET

from kit import clock, guard
from kit.permissions import Permission
from workspaces.notices import selectors
from workspaces.notices.models import Notice

_SENT = ("ok", _lazy("Sent"))
_GIVEN_UP = ("bad", _lazy("Not delivered"))
_WAITS = ("wait", _lazy("Waiting"))


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_GET
def outbox(request: Any) -> HttpResponse:
    """Every notice with whether it went out."""
    page = selectors.page(after=request.GET.get("after"))
    context = {
        "notices": [_shown(notice) for notice in page.rows],
        "next_url": page.next and f"?after={page.next}",
        "previous_url": page.previous and f"?after={page.previous}",
        "now": clock.now(),
        "crumbs": [{"label": request.organization.name}, {"label": _("Outbox")}],
    }
    return render(request, "workspaces/notices/outbox.html", context)


def _shown(notice: Notice) -> dict[str, Any]:
    kind, word = _WAITS
    if notice.sent_at:
        kind, word = _SENT
    elif notice.given_up_at:
        kind, word = _GIVEN_UP
    return {
        "subject": notice.subject,
        "email": notice.email,
        "text": notice.text,
        "status_kind": kind,
        "status_word": word,
        "created_at": notice.created_at,
    }
