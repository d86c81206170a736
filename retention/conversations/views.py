"""Conversations as metadata, and why each is kept, hidden or due; never content."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from retention.conversations import object_reasons, reasons, selectors, showing
from retention.conversations.forms import FindForm, WhyForm
from retention.conversations.selectors import State, UnknownConversation
from retention.holds import selectors as holds
from retention.places import crumbs, link, query
from workspaces.members import selectors as members

# So many owners at most are looked through for one beginning of an address.
_MOST_OWNERS = 200


@guard.requires(Permission.CONVERSATIONS_VIEW_METADATA)
@require_safe
def conversations(request: Any) -> HttpResponse:
    """One state's conversations, newest activity first."""
    at = clock.now()
    form = FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    owner, state = asked.get("owner", ""), asked.get("state", State.LIVE)
    page = selectors.metadata_page(
        workspace=request.workspace,
        at=at,
        state=state,
        owner_ids=_owners_beginning(owner) if owner else None,
        after=request.GET.get("after"),
    )
    owners = members.by_id(ids={row.owner_id for row in page.rows})
    counts = selectors.counts(workspace=request.workspace, at=at)
    shown = showing.rows(page.rows, workspace=request.workspace, owners=owners, at=at)
    for row in shown:
        row["url"] = link(
            request, "retention:conversation", conversation=UUID(row["id"])
        )
    keep = {"state": state.value, "owner": owner}
    context = {
        "form": form,
        "rows": shown,
        "state": state.value,
        "now": at,
        "sentence": _sentence(counts),
        "segments": showing.segments(counts, chosen=state, owner=owner),
        "chips": _chips(owner, state),
        "goes_label": _("Expires") if state is State.LIVE else _("Purged from"),
        "next_url": page.next and query(**keep, after=page.next),
        "previous_url": page.previous and query(**keep, after=page.previous),
        "why_url": link(request, "retention:stored-why"),
        "crumbs": crumbs(request, _("Conversations")),
    }
    name = "retention/conversations/list.html"
    return render(request, f"{name}#rows" if request.htmx else name, context)


@guard.requires(Permission.CONVERSATIONS_VIEW_METADATA)
@require_safe
def conversation(request: Any, conversation: UUID) -> HttpResponse:
    """One conversation: what happens to it, and which rule decided that."""
    at = clock.now()
    try:
        found = selectors.metadata_of(
            workspace=request.workspace, public_id=conversation
        )
        why = reasons.why(workspace=request.workspace, conversation=found, at=at)
    except UnknownConversation as unknown:
        raise Http404 from unknown
    owners = members.by_id(ids={found.owner_id})
    owner = showing.owner_of(owners.get(found.owner_id))
    state = State(why.state)
    may_see_holds = request.actor.may(Permission.HOLDS_VIEW)
    context = {
        "owner": owner,
        "short_id": str(found.public_id)[:8],
        "state_word": showing.STATE_LABELS[state],
        "state_tone": showing.STATE_TONES[state],
        "why": why,
        "answer": showing.answer(why, now=at),
        "facts": showing.facts(found, owner),
        "dates": showing.dates(why, now=at),
        "considered": showing.considered(why, now=at),
        "bounds": showing.bounds(why),
        "ways_out": showing.ways_out(why),
        "holds": _holds(request, why) if may_see_holds else None,
        "may_see_holds": may_see_holds,
        "now": at,
        "policy_url": link(request, "retention:policies"),
        "crumbs": crumbs(
            request,
            str(found.public_id)[:8],
            above=[(_("Conversations"), "retention:conversations")],
        ),
    }
    return render(request, "retention/conversations/detail.html", context)


@guard.requires(Permission.CONVERSATIONS_VIEW_METADATA)
@require_safe
def stored_why(request: Any) -> HttpResponse:
    """Why an object of any kind stays or goes, found by its id."""
    form = WhyForm(request.GET or None)
    context: dict[str, Any] = {
        "form": form,
        "crumbs": crumbs(
            request,
            _("Why"),
            above=[(_("Conversations"), "retention:conversations")],
        ),
    }
    if form.is_bound and form.is_valid():
        try:
            context |= _explained(request, form.cleaned_data["id"], at=clock.now())
        except UnknownConversation:
            if request.actor.may(Permission.SWEEPS_VIEW):
                asked = query(objects=str(form.cleaned_data["id"]))
                context["receipts_url"] = link(request, "retention:receipts") + asked
            form.add_error("id", _("Nothing with this id is stored here."))
    status = 404 if form.errors else 200
    return render(request, "retention/conversations/why.html", context, status=status)


def _explained(request: Any, public_id: UUID, *, at: datetime) -> dict[str, Any]:
    found = object_reasons.explain(
        workspace=request.workspace, public_id=public_id, at=at
    )
    may_see_holds = request.actor.may(Permission.HOLDS_VIEW)
    state = State(found.why.state)
    return {
        "why": found.why,
        "kind": found.label,
        "state_word": showing.STATE_LABELS[state],
        "state_tone": showing.STATE_TONES[state],
        "answer": showing.answer(found.why, now=at),
        "facts": showing.object_facts(
            found.row,
            label=str(found.label),
            owner=_owner(found.owner_id),
        ),
        "dates": showing.dates(found.why, now=at),
        "considered": showing.considered(found.why, now=at),
        "bounds": showing.bounds(found.why),
        "ways_out": showing.ways_out(found.why),
        "holds": _holds(request, found.why) if may_see_holds else None,
        "may_see_holds": may_see_holds,
        "policy_url": link(request, "retention:policies"),
    }


def _owner(membership_id: int | None) -> dict[str, str] | None:
    if membership_id is None:
        return None
    return showing.owner_of(members.by_id(ids={membership_id}).get(membership_id))


def _owners_beginning(prefix: str) -> list[int]:
    return [row.pk for row in members.page(prefix=prefix, size=_MOST_OWNERS).rows]


def _holds(request: Any, why: reasons.Why) -> list[dict[str, Any]]:
    return [
        {
            "matter": view.matter,
            "placed_at": view.hold.placed_at,
            "url": link(request, "retention:hold", hold=view.hold.public_id),
        }
        for view in holds.views_of(shown=why.holds)
    ]


def _sentence(counts: selectors.Counts) -> str:
    total = counts.live + counts.deleted + counts.expired
    stored = ngettext(
        "%(n)s conversation is stored.", "%(n)s conversations are stored.", total
    ) % {"n": grouped(total)}
    due = _("None of them would go with a sweep now.")
    if counts.due:
        due = _("%s would go with a sweep now.") % grouped(counts.due)
    if counts.held:
        due += " " + _("Holds keep %s that are due.") % grouped(counts.held)
    return f"{stored} {due}"


def _chips(owner: str, state: State) -> list[dict[str, Any]]:
    if not owner:
        return []
    return [
        {
            "field": _("Owner"),
            "relation": _("begins with"),
            "value": owner,
            "remove_url": query(state=state.value),
        }
    ]
