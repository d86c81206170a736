"""One own conversation: reading, deleting, bringing back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.refusals import Refused
from retention.conversations import reasons
from retention.conversations.reasons import Why
from retention.conversations.selectors import State
from retention.deletions import services as deletions
from retention.own_data import selectors as own_data
from retention.own_data import showing
from retention.own_data.selectors import Own
from retention.own_data.views.access import (
    actor_of,
    address,
    home,
    owned,
    scope_of,
    undo_days_of,
    with_refusals,
)
from retention.places import query
from workspaces.content import selectors as content
from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import Access

MESSAGES_AT_ONCE = 200
_MOST_DIGITS = 9


@guard.signed_in
@require_safe
@with_refusals
def my_conversation(request: Any, conversation: UUID) -> HttpResponse:
    """One own conversation: the shown path, or every branch and hidden message."""
    at = clock.now()
    access, found = owned(request, conversation)
    with scope_of(access):
        why = reasons.why(workspace=access.workspace, conversation=found, at=at)
        own = own_data.one(access=access, conversation=found, at=at)
        context = _one(access, own, why, at) | {
            "facts": showing.facts(own, now=at),
            "back_url": home(access),
        }
        if why.state == State.LIVE:
            context |= _read(request, access, found)
    return render(request, "retention/own_data/conversation.html", context)


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@with_refusals
def my_conversation_delete(request: Any, conversation: UUID) -> HttpResponse:
    """Say what deleting does, then delete."""
    at = clock.now()
    access, found = owned(request, conversation)
    with scope_of(access):
        if request.method == "POST":
            return _delete(request, access, found, at)
        why = reasons.why(workspace=access.workspace, conversation=found, at=at)
        if why.state != State.LIVE:
            return redirect("retention:my-conversation", conversation=conversation)
        own = own_data.one(access=access, conversation=found, at=at)
        context = _one(access, own, why, at) | {
            "deletion": showing.deletion(
                own, undo_days=undo_days_of(access), is_held=why.is_held
            ),
        }
    return render(request, "retention/own_data/delete.html", context)


@guard.signed_in
@require_POST
@with_refusals
def my_conversation_restore(request: Any, conversation: UUID) -> HttpResponse:
    """Bring a deleted conversation back, while that is possible."""
    at = clock.now()
    access, found = owned(request, conversation)
    with scope_of(access):
        own = own_data.one(access=access, conversation=found, at=at)
        try:
            deletions.restore(
                actor=actor_of(request, access),
                workspace=access.workspace,
                conversation=found,
                at=at,
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("“%s” is back.") % showing.title_of(own))
    return redirect(home(access))


def _one(access: Access, own: Own, why: Why, at: datetime) -> dict[str, Any]:
    return {
        "access": access,
        "title": showing.title_of(own),
        "why": why,
        "is_live": why.state == State.LIVE,
        "comes_back": showing.can_come_back(own, now=at),
        "who_deleted": showing.who_deleted(own),
        "until": showing.until(own, now=at),
        "url": address("my-conversation", own.row),
        "delete_url": address("my-conversation-delete", own.row),
        "restore_url": address("my-conversation-restore", own.row),
        "now": at,
    }


def _read(request: Any, access: Access, found: Conversation) -> dict[str, Any]:
    read = content.read(conversation=found, workspace=access.workspace.public_id)
    every = tuple(node for node in read.nodes if node.has_message)
    shows_all = request.GET.get("show") == "all"
    nodes = every if shows_all else read.shown
    start = _start(request.GET.get("from", ""), len(nodes))
    end = start + MESSAGES_AT_ONCE
    keep = "all" if shows_all else ""
    earlier = str(max(start - MESSAGES_AT_ONCE, 0))
    return {
        "messages_shown": showing.messages(nodes[start:end]),
        "shows_all": shows_all,
        "others": len(every) - len(read.shown),
        "files": showing.files(read),
        "next_url": query(show=keep, **{"from": str(end)}) if end < len(nodes) else "",
        "previous_url": query(show=keep, **{"from": earlier}) if start else "",
        "place": _("Messages %(first)s to %(last)s of %(all)s")
        % {
            "first": min(start + 1, len(nodes)),
            "last": min(end, len(nodes)),
            "all": len(nodes),
        },
    }


def _start(text: str, length: int) -> int:
    # Python refuses to read thousands of digits; no list is nearly as long.
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        return 0
    return min(int(text), max(length - 1, 0))


def _delete(
    request: Any, access: Access, found: Conversation, at: datetime
) -> HttpResponse:
    try:
        deletions.mark_deleted(
            actor=actor_of(request, access),
            workspace=access.workspace,
            conversations=[found],
            at=at,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(home(access))
    return redirect(home(access, deleted=str(found.public_id)))
