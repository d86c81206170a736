"""The person's page: what happens to their data, what goes next, all of it by title."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from retention.conversations import selectors
from retention.conversations.selectors import UnknownConversation
from retention.own_data import selectors as own_data
from retention.own_data import showing
from retention.own_data.forms import FindForm
from retention.own_data.selectors import Listed
from retention.own_data.views.access import (
    address,
    chosen,
    home,
    members_decide,
    scope_of,
    standing_of,
    with_refusals,
)
from retention.places import query
from workspaces.tenancy.selectors import Access


@guard.signed_in
@require_safe
@with_refusals
def my_data(request: Any) -> HttpResponse:
    """What happens to the person's data, what goes next, and all of it by title."""
    if not request.accesses:
        return render(request, "retention/own_data/nowhere.html")
    at = clock.now()
    access = chosen(request)
    form = FindForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    with scope_of(access):
        found = own_data.listed(
            access=access, words=words, after=request.GET.get("after"), at=at
        )
        context = {
            "access": access,
            "form": form,
            "words": words,
            "workspaces": _workspaces(request, access),
            **_head(access, at),
            **_lists(access, found, at=at, is_first=not request.GET.get("after")),
            **_pager(access, found, words=words),
            "toast": _toast(request, access, at),
        }
    return render(request, "retention/own_data/show.html", context)


def _workspaces(request: Any, current: Access) -> list[dict[str, Any]]:
    if len(request.accesses) < 2:
        return []
    return [
        {
            "label": access.workspace.name,
            "url": home(access),
            "chosen": access == current,
        }
        for access in request.accesses
    ]


def _head(access: Access, at: datetime) -> dict[str, Any]:
    """The numbers, and what happens to what they count."""
    totals = own_data.totals(access=access, at=at)
    change_url = reverse("retention:my-retention") + query(
        **{"in": access.workspace.slug}
    )
    return {
        "figures": showing.figures(totals),
        "rules": showing.rules(
            plan=access.workspace.plan,
            standing=standing_of(access, at),
            totals=totals,
            change_url=change_url if members_decide(access) else "",
        ),
    }


def _lists(
    access: Access, found: Listed, *, at: datetime, is_first: bool
) -> dict[str, Any]:
    rows = [
        {
            "title": showing.title_of(own),
            "fact": showing.last_activity(own),
            "url": address("my-conversation", own.row),
        }
        for own in found.rows
    ]
    if not is_first:
        return {"rows": rows}
    return {
        "rows": rows,
        "goes_next": [
            {
                "title": showing.title_of(own),
                "fact": showing.hidden_on(own, now=at),
                "url": address("my-conversation", own.row),
            }
            for own in own_data.goes_next(access=access, at=at)
        ],
        "deleted": [
            {
                "title": showing.title_of(own),
                "fact": showing.until(own, now=at),
                "url": address("my-conversation-restore", own.row)
                if showing.can_come_back(own, now=at)
                else "",
            }
            for own in own_data.deleted(access=access, at=at)
        ],
    }


def _pager(access: Access, found: Listed, *, words: str) -> dict[str, Any]:
    keep = {"q": words} if words else {}
    return {
        "pager_text": showing.search_sentence(found) if words else _("Newest first"),
        "next_url": found.next and home(access, **keep, after=found.next),
        "previous_url": found.previous and home(access, **keep, after=found.previous),
        "next_label": _("Look further back") if words else _("Older ones"),
    }


def _toast(request: Any, access: Access, at: datetime) -> dict[str, str]:
    """What was just deleted, with its way back while that is true."""
    try:
        found = selectors.conversation_of(
            membership_id=access.membership_id,
            public_id=UUID(request.GET.get("deleted", "")),
        )
    except (ValueError, UnknownConversation):
        return {}
    own = own_data.one(access=access, conversation=found, at=at)
    if not showing.can_come_back(own, now=at):
        return {}
    return {
        "text": _("“%s” is deleted.") % showing.title_of(own),
        "undo_url": address("my-conversation-restore", found),
    }
