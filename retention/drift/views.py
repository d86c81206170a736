"""What a policy's first sweep will purge, item by item, and what became of each."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.permissions import Permission
from retention.drift import runs, selectors, services, showing
from retention.drift.causes import Cause
from retention.drift.selectors import Item
from retention.places import crumbs, link, query
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.selectors import DraftIsGone
from retention.policies.listing import selectors as lists
from retention.policies.listing.models import PurgeList, PurgeListItem
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter

MOST_COUNTED = 20_000
"""Up to how many items are compared while somebody waits for the page."""
_FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_draft_list(request: Any, draft: UUID) -> HttpResponse:
    """The list of a draft, each item with what became of it until now."""
    _draft, found = _found(request, draft)
    chosen = request.GET.get("cause", "")
    if chosen and chosen not in {cause.value for cause in Cause}:
        raise Http404
    context = {
        "is_kept": found is not None,
        "is_listed": found is not None and found.listed_n is not None,
        "all_url": link(request, "retention:policy-draft-list", draft=draft),
        "draft_url": link(request, "retention:policy-draft", draft=draft),
        "crumbs": crumbs(
            request,
            _("Purge list"),
            above=[
                (_("Policies"), "retention:policies"),
                (_("Drafts"), "retention:policy-drafts"),
            ],
        ),
        **(_context(request, found, chosen, at=clock.now()) if found else {}),
    }
    return render(request, "retention/drift/list.html", context)


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_draft_list_download(request: Any, draft: UUID) -> HttpResponseBase:
    """The ids and kinds of a list as a file, in the order of its digest."""
    _draft, found = _found(request, draft)
    kind = request.GET.get("format", "csv")
    if kind not in _FORMATS or found is None or found.listed_n is None:
        raise Http404
    chunks = services.download(
        actor=request.actor,
        workspace=request.workspace,
        purge_list=found,
        at=clock.now(),
    )
    write = _csv if kind == "csv" else _jsonl
    answer = StreamingHttpResponse(
        write(chunks, found.content_kind), content_type=_FORMATS[kind]
    )
    name = f"purge-list-{found.public_id}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _context(
    request: Any, found: PurgeList, chosen: str, *, at: datetime
) -> dict[str, Any]:
    counts = _counts(request, found, at=at)
    context = {
        "sentence": showing.sentence(found, counts),
        "counts": counts,
        "causes": showing.causes(
            counts or {}, chosen=chosen, url=lambda name: query(cause=name)
        ),
        "chosen": chosen,
        "facts": showing.facts(found),
        "downloads": _downloads(request, found),
        **_beside(request, found),
    }
    if found.listed_n is None:
        return context
    page = selectors.page(
        found,
        workspace=request.workspace,
        causes=[chosen] if chosen else None,
        after=request.GET.get("after", ""),
        at=at,
    )
    next_url = page.next and query(cause=chosen, after=page.next)
    return {**context, "rows": _rows(request, page.rows), "next_url": next_url}


def _downloads(request: Any, found: PurgeList) -> dict[str, str]:
    name, draft = "retention:policy-draft-list-download", found.draft.public_id
    place = link(request, name, draft=draft)
    return {kind: place + query(format=kind) for kind in _FORMATS}


def _csv(chunks: Iterable[list[PurgeListItem]], kind: str) -> Iterator[bytes]:
    yield b"id,kind,kept_by_hold\r\n"
    for items in chunks:
        text = io.StringIO()
        csv.writer(text).writerows(
            (item.public_id, _kind(item, kind), str(item.is_held).lower())
            for item in items
        )
        yield text.getvalue().encode()


def _jsonl(chunks: Iterable[list[PurgeListItem]], kind: str) -> Iterator[bytes]:
    for items in chunks:
        lines = (
            json.dumps(
                {
                    "id": str(item.public_id),
                    "kind": _kind(item, kind),
                    "kept_by_hold": item.is_held,
                }
            )
            for item in items
        )
        yield ("\n".join(lines) + "\n").encode()


def _kind(item: PurgeListItem, kind: str) -> str:
    return "temporary_chats" if item.is_temporary else kind


def _counts(request: Any, found: PurgeList, *, at: datetime) -> dict[str, int] | None:
    """Compared now where that is quick; else as it was settled, if it was."""
    if found.listed_n is not None and found.listed_n <= MOST_COUNTED:
        return selectors.counts(found, workspace=request.workspace, at=at)
    return found.outcome


def _beside(request: Any, found: PurgeList) -> dict[str, Any]:
    page = selectors.beside(
        found, workspace=request.workspace, after=request.GET.get("beside", "")
    )
    if page is None:
        has_run = runs.first_sweep(found) is not None
        return {"beside": None, "cannot_tell": has_run}
    return {
        "beside": _rows(request, page.rows),
        "beside_next_url": page.next and query(beside=page.next) + "#beside",
    }


def _rows(request: Any, items: Iterable[Item]) -> list[dict[str, Any]]:
    can_see_holds = request.actor.may(Permission.HOLDS_VIEW)

    def why(item: Item) -> str:
        return link(request, "retention:stored-why") + query(id=str(item.public_id))

    def hold(item: Item) -> str:
        if item.hold is None or not can_see_holds:
            return ""
        return link(request, "retention:hold", hold=item.hold.public_id)

    return [showing.row(item, why=why, hold=hold) for item in items]


def _found(request: Any, draft: UUID) -> tuple[PolicyDraft, PurgeList | None]:
    setter = plans.of(request.workspace.plan).retention_setter
    # What is stored may be named only where members do not decide alone.
    if setter is not RetentionSetter.ADMINS:
        raise Http404
    try:
        found = drafts.one(draft=draft)
    except DraftIsGone as gone:
        raise Http404 from gone
    return found, lists.newest_of(draft=found)
