"""The audit log's pages: list, one entry, saved views, Verify, the demonstration."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.explorer import asking, drawers, lasting, listing, selectors
from audit.explorer.forms import SaveForm
from audit.explorer.pages import Pages
from audit.log.selectors import log_of
from audit.pruning import selectors as pruning
from audit.query import rules
from audit.query.selectors import matching
from audit.saved_views import services as saved_views
from audit.verification import selectors as verifications
from audit.verification import services, tampering, tasks
from audit.verification.models import State
from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from kit.refusals import Refused

_PARTS = {"badge": "audit/explorer/badge.html", "list": "audit/explorer/list.html"}


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def entries(request: Any) -> HttpResponse:
    """The list, newest first, narrowed by its query; `part` asks for a part of it."""
    asked = asking.of(request.GET)
    pages = Pages.of(request)
    if asked.is_changed:
        return redirect(pages.list_url(asked.query))
    if part := _PARTS.get(request.GET.get("part", "")):
        return _part(request, part, asked=asked, pages=pages)
    context = _context(request, asked=asked, pages=pages)
    is_bad = asked.refusal or asked.add.errors or asked.span.errors
    return render(
        request,
        "audit/explorer/entries.html",
        context,
        status=400 if is_bad else 200,
    )


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def entry(request: Any, epoch: int, index: int) -> HttpResponse:
    """The list with one entry open beside it."""
    asked = asking.of(request.GET)
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    shown = selectors.entry(
        log=log, epoch=epoch, index=index, workspace=pages.workspace
    )
    if shown is None:
        pruning.demand_kept(epoch=epoch, index=index)
        raise Http404
    context = _context(request, asked=asked, pages=pages)
    now = clock.now()
    found = matching(asked.query, workspace=pages.workspace, at=now)
    drawer = drawers.drawer(
        shown,
        pages=pages,
        proof=selectors.proof(log=log, epoch=epoch, index=index, raw=shown.raw),
        verification=verifications.newest_ended(),
        details=lasting.of(log=log, shown=shown, at=now),
        beside=selectors.beside(found=found, shown=shown),
        query=context.get("kept", ""),
        now=now,
    )
    return render(
        request,
        "audit/explorer/entry.html",
        context | {"drawer": drawer, "chosen": (epoch, index)},
        status=400 if asked.refusal else 200,
    )


@guard.requires(Permission.AUDIT_VIEW)
@require_POST
def save_view(request: Any) -> HttpResponse:
    """Keeps the query under a name."""
    pages = Pages.of(request)
    form = SaveForm(request.POST)
    asked = rules.parse(request.POST.get("q", ""))
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors.get("name", ()))))
        return redirect(pages.list_url(asked))
    try:
        view = saved_views.save(
            actor=request.actor,
            log=log_of(organization_id=pages.organization_id),
            workspace=pages.workspace,
            query=asked,
            at=clock.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved the view “%s”.") % view.name)
    return redirect(pages.list_url(asked))


@guard.requires(Permission.AUDIT_VIEW)
@require_POST
def delete_view(request: Any, view: UUID) -> HttpResponse:
    """Deletes a saved view; the entries that it showed stay."""
    pages = Pages.of(request)
    saved_views.delete(
        actor=request.actor,
        log=log_of(organization_id=pages.organization_id),
        workspace=pages.workspace,
        view=view,
        at=clock.now(),
    )
    messages.success(request, _("Deleted the view."))
    return redirect(pages.list_url())


@guard.requires(Permission.AUDIT_VERIFY)
@require_POST
def verify(request: Any) -> HttpResponse:
    """Verifies a short log at once; a long one is a worker's, and the badge tells."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    row = services.request(actor=request.actor, log=log, at=clock.now())
    if row.state == State.DUE:
        ring_on_commit(tasks.verify_due.delay)
    return redirect(pages.list_url())


@guard.requires(Permission.AUDIT_VERIFY)
@require_POST
def tamper(request: Any) -> HttpResponse:
    """Demo mode only: changes an entry behind the log's back."""
    return _demonstrate(request, tampering.tamper)


@guard.requires(Permission.AUDIT_VERIFY)
@require_POST
def put_back(request: Any) -> HttpResponse:
    """Demo mode only: undoes that."""
    return _demonstrate(request, tampering.put_back)


def _demonstrate(request: Any, act: Any) -> HttpResponse:
    if not settings.CUSTOS_DEMO:
        raise Http404
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    try:
        act(actor=request.actor, log=log, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done. Press Verify to see what the log says."))
    return redirect(pages.list_url())


def _context(request: Any, *, asked: asking.Asked, pages: Pages) -> dict[str, Any]:
    return listing.page(
        asked,
        pages=pages,
        log=log_of(organization_id=pages.organization_id),
        actor=request.actor,
        given=request.GET,
        at=clock.now(),
    )


def _part(
    request: Any, template: str, *, asked: asking.Asked, pages: Pages
) -> HttpResponse:
    at = clock.now()
    if request.GET["part"] == "badge":
        return render(request, template, {"badge": listing.badge(pages, at=at)})
    if asked.refusal:
        raise asked.refusal
    log = log_of(organization_id=pages.organization_id)
    context = listing.entries(
        asked.query, pages=pages, log=log, given=request.GET, at=at
    )
    return render(request, template, context | {"chips": asked.query.terms})
