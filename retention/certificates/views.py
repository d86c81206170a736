"""Finding the receipt of an object, keeping it as a file, printing it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.certificates import issuing, selectors, showing
from retention.certificates.selectors import Gone, Purged, Stored
from retention.places import crumbs, link
from retention.receipts import selectors as receipts
from retention.receipts import verifier
from retention.receipts.documents import Signed
from retention.sweeps import selectors as sweeps
from retention.sweeps.models import Sweep
from workspaces.tenancy.selectors import WorkspaceRef

MOST_AT_ONCE = 50
_NAME = "custos-verify-receipt"


class TooMany(Refused):
    """A page looks up so many objects at once."""

    status = 400


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipts_find(request: Any) -> HttpResponse:
    """What became of the objects whose ids are asked for."""
    at = clock.now()
    asked = request.GET.get("objects", "")
    wanted, unreadable = _ids(asked)
    found = _known(request.workspace, wanted, at)
    rows = [_row(request, one, found.get(one)) for one in wanted]
    context = {
        "asked": asked,
        "rows": rows,
        "unreadable": unreadable,
        "most": MOST_AT_ONCE,
        "has_receipts": any(row["url"] for row in rows),
        "file_url": link(request, "retention:receipts-file"),
        "verifier_url": link(request, "retention:receipt-verifier"),
        "crumbs": crumbs(request, _("Receipts")),
    }
    return render(request, "retention/certificates/find.html", context)


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipts_file(request: Any) -> HttpResponse:
    """The receipts of many objects, one a line, for checking them in one go."""
    at = clock.now()
    wanted, _unreadable = _ids(request.GET.get("objects", ""))
    lines = b"".join(_lines(request.workspace, wanted, at))
    if not lines:
        return redirect(link(request, "retention:receipts"))
    return _download(lines, "custos-receipts.jsonl", "application/jsonl")


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipt_object(request: Any, deleted: UUID) -> HttpResponse:
    """The certificate of one object."""
    found = _found(request.workspace, deleted, clock.now())
    back = link(request, "retention:receipts")
    names = {"deleted": deleted}
    download = link(request, "retention:receipt-object-file", **names)
    return certificate(request, found, request.workspace, back=back, download=download)


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipt_object_file(request: Any, deleted: UUID) -> HttpResponse:
    """The receipt of one object as a file."""
    at = clock.now()
    found = _found(request.workspace, deleted, at)
    return receipt_download(found, request.workspace, at=at)


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def sweep_certificate(request: Any, sweep: UUID) -> HttpResponse:
    """A sweep's receipt as a certificate."""
    try:
        found = sweeps.sweep_by_public_id(public_id=sweep)
    except Sweep.DoesNotExist as unknown:
        raise Http404 from unknown
    receipt = receipts.receipt_of(sweep_id=found.pk)
    if receipt is None:
        raise Http404
    names = {"sweep": sweep}
    return _printed(
        request,
        receipts.signed(receipt),
        request.workspace,
        back=link(request, "retention:sweep", **names),
        download=link(request, "retention:receipt-download", **names),
    )


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipt_verifier(_request: Any) -> HttpResponse:
    """The program that checks receipts without Custos: one file."""
    return _download(Path(verifier.__file__).read_bytes(), _NAME, "text/x-python")


def certificate(
    request: Any,
    found: Purged | Stored,
    workspace: WorkspaceRef,
    *,
    back: str,
    download: str,
) -> HttpResponse:
    """The page of a receipt; of an object that has none, the page says why."""
    signed = _signed(found, workspace, at=clock.now())
    if signed is None:
        context = {
            "state": showing.state(found),
            "back_url": back,
            "id": found.public_id,
        }
        return render(request, "retention/certificates/none.html", context)
    return _printed(request, signed, workspace, back=back, download=download)


def receipt_download(
    found: Purged | Stored, workspace: WorkspaceRef, *, at: datetime
) -> HttpResponse:
    """The file of a receipt; 404 where there is none."""
    signed = _signed(found, workspace, at=at)
    if signed is None:
        raise Http404
    name = f"custos-receipt-{found.public_id}.json"
    return _download(signed.file, name, "application/json")


def _signed(
    found: Purged | Stored, workspace: WorkspaceRef, *, at: datetime
) -> Signed | None:
    if isinstance(found, Purged):
        return issuing.of_purged(found, workspace=workspace)
    if (cause := found.kept_from) is not None:
        return issuing.of_kept(found, cause, workspace=workspace, at=at)
    return None


def _printed(
    request: Any, signed: Signed, workspace: WorkspaceRef, *, back: str, download: str
) -> HttpResponse:
    words = showing.certificate(
        signed, workspace=workspace.name, organization=workspace.organization.name
    )
    context = {**words, "back_url": back, "download_url": download}
    return render(request, "retention/certificates/certificate.html", context)


def _found(workspace: WorkspaceRef, public_id: UUID, at: datetime) -> Purged | Stored:
    found = _looked_up(workspace, [public_id], at).get(public_id)
    if found is None:
        raise Http404
    return found


def _known(
    workspace: WorkspaceRef, wanted: Sequence[UUID], at: datetime
) -> dict[UUID, Gone | Stored]:
    """What became of each that was ever here; of what is stored, where that is told."""
    found: dict[UUID, Gone | Stored] = {}
    if selectors.may_be_named(workspace=workspace):
        stored = selectors.stored_among(workspace=workspace, public_ids=wanted, at=at)
        found |= selectors.with_refusals(stored, workspace=workspace)
    # In this order: what a sweep takes meanwhile is found as gone.
    return found | selectors.gone_among(public_ids=wanted)


def _looked_up(
    workspace: WorkspaceRef, wanted: Sequence[UUID], at: datetime
) -> dict[UUID, Purged | Stored]:
    """The same, with all that a receipt says of each."""
    return {
        public_id: one
        if isinstance(one, Stored)
        else selectors.purged(workspace=workspace, public_id=public_id)
        for public_id, one in _known(workspace, wanted, at).items()
    }


def _row(request: Any, public_id: UUID, found: Gone | Stored | None) -> dict[str, Any]:
    has_receipt = isinstance(found, Gone) or bool(found and found.kept_from)
    url = reverse(
        "retention:receipt-object",
        kwargs={"workspace": request.workspace.slug, "deleted": public_id},
    )
    return {
        "id": public_id,
        "noun": found.noun.replace("_", " ") if found else "",
        "state": showing.state(found),
        "url": url if has_receipt else "",
    }


def _lines(
    workspace: WorkspaceRef, wanted: list[UUID], at: datetime
) -> Iterator[bytes]:
    known = _looked_up(workspace, wanted, at)
    for public_id in wanted:
        found = known.get(public_id)
        signed = _signed(found, workspace, at=at) if found else None
        if signed is not None:
            yield signed.line


def _ids(asked: str) -> tuple[list[UUID], list[str]]:
    """The ids of a text, each once, and what is none."""
    found: dict[UUID, None] = {}
    unreadable = []
    words = asked.replace(",", " ").split()
    if len(words) > MOST_AT_ONCE:
        raise TooMany(_("Ask for at most %s objects at once.") % MOST_AT_ONCE)
    for word in words:
        try:
            found[UUID(word)] = None
        except ValueError:
            unreadable.append(word[:40])
    return list(found), unreadable


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
