"""Proof of deletion for the person: what they deleted, and the receipt of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.verification import acts
from kit import clock, guard
from kit.formatting import absolute
from retention.certificates import selectors, showing
from retention.certificates.selectors import Purged, Stored
from retention.certificates.views import certificate, receipt_download
from retention.own_data.views.access import chosen, scope_of, with_refusals
from retention.places import query
from workspaces.tenancy.selectors import Access


@guard.signed_in
@require_safe
@with_refusals
def my_receipts(request: Any) -> HttpResponse:
    """What the person deleted in a workspace, newest first, and what became of it."""
    if not request.accesses:
        return render(request, "retention/own_data/nowhere.html")
    access = chosen(request)
    with scope_of(access):
        page = acts.by(
            actor=request.actor.id,
            actions=selectors.deleting_actions(),
            workspace=access.workspace.public_id,
            after=request.GET.get("after"),
        )
        rows = _rows(access, page.rows, clock.now())
    slug = access.workspace.slug
    context = {
        "access": access,
        "rows": rows,
        "home_url": reverse("retention:my-data") + query(**{"in": slug}),
        "next_url": page.next and query(**{"in": slug, "after": page.next}),
        "previous_url": page.previous and query(**{"in": slug, "after": page.previous}),
    }
    return render(request, "retention/certificates/mine.html", context)


@guard.signed_in
@require_safe
@with_refusals
def my_receipt(request: Any, deleted: UUID) -> HttpResponse:
    """The certificate of an object that the person deleted."""
    access, found = _mine(request, deleted, clock.now())
    here = query(**{"in": access.workspace.slug})
    with scope_of(access):
        return certificate(
            request,
            found,
            access.workspace,
            back=reverse("retention:my-receipts") + here,
            download=_url("my-receipt-file", deleted),
        )


@guard.signed_in
@require_safe
@with_refusals
def my_receipt_file(request: Any, deleted: UUID) -> HttpResponse:
    """The same receipt as a file."""
    at = clock.now()
    access, found = _mine(request, deleted, at)
    with scope_of(access):
        return receipt_download(found, access.workspace, at=at)


def _mine(
    request: Any, public_id: UUID, at: datetime
) -> tuple[Access, Purged | Stored]:
    """The object that the person deleted, in whichever workspace; 404 otherwise."""
    for access in request.accesses:
        with scope_of(access):
            did = acts.did(
                actor=request.actor.id,
                actions=selectors.deleting_actions(),
                target=public_id,
            )
            if did is None:
                continue
            where, one = access.workspace, [public_id]
            stored = selectors.stored_among(workspace=where, public_ids=one, at=at)
            # In this order: what a sweep takes meanwhile is found as gone.
            if selectors.gone_among(public_ids=one):
                return access, selectors.purged(workspace=where, public_id=public_id)
            if public_id in stored:
                return access, stored[public_id]
    raise Http404


def _rows(access: Access, found: list[Any], at: datetime) -> list[dict[str, Any]]:
    wanted = {act.target_id for act in found}
    stored = selectors.stored_among(
        workspace=access.workspace,
        public_ids=wanted,
        membership_id=access.membership_id,
        at=at,
    )
    gone = selectors.gone_among(public_ids=wanted)
    return [
        _row(act, is_gone=act.target_id in gone, stored=stored.get(act.target_id))
        for act in found
    ]


def _row(act: Any, *, is_gone: bool, stored: Stored | None) -> dict[str, Any]:
    state = showing.state(stored)
    kept = stored is not None and stored.kept_from is not None
    if is_gone:
        state = {"kind": "ok", "word": _("Purged"), "fact": ""}
    elif stored is not None and not kept and stored.deleted_at is None:
        state = {"kind": "off", "word": _("Restored"), "fact": ""}
    has_receipt = is_gone or kept
    return {
        "noun": act.target_kind.replace("_", " ").capitalize(),
        "fact": _("Deleted on %s") % absolute(act.at),
        "id": act.target_id,
        "state": state,
        "url": _url("my-receipt", act.target_id) if has_receipt else "",
    }


def _url(name: str, public_id: UUID) -> str:
    return reverse(f"retention:{name}", kwargs={"deleted": public_id})
