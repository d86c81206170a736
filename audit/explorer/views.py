"""The audit log's list, one entry, and the Verify button; see `showing` for words."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.explorer import selectors, showing
from audit.explorer.forms import FilterForm
from audit.explorer.selectors import Wanted
from audit.explorer.showing import Pages
from audit.log.selectors import Log, log_of
from audit.verification import selectors as verifications
from audit.verification import services, tampering, tasks
from audit.verification.models import State
from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from kit.refusals import Refused


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def entries(request: Any) -> HttpResponse:
    """The list, newest first, filtered by its query string."""
    return render(request, "audit/explorer/entries.html", _list(request))


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def entry(request: Any, epoch: int, index: int) -> HttpResponse:
    """The list with one entry open beside it."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    shown = selectors.entry(
        log=log, epoch=epoch, index=index, workspace=pages.workspace
    )
    if shown is None:
        raise Http404
    context = _list(request)
    drawer = showing.drawer(
        shown,
        pages=pages,
        proof=selectors.proof(log=log, epoch=epoch, index=index, raw=shown.raw),
        verification=verifications.newest_ended(),
        beside=selectors.beside(wanted=context["wanted"], shown=shown),
        query=context["query"],
        now=clock.now(),
    )
    return render(
        request,
        "audit/explorer/entry.html",
        context | {"drawer": drawer, "chosen": (epoch, index)},
    )


@guard.requires(Permission.AUDIT_VERIFY)
@require_POST
def verify(request: Any) -> HttpResponse:
    """Verifies a short log at once; a long one is a worker's, and the badge tells."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    row = services.request(actor=request.actor, log=log, at=clock.now())
    if row.state == State.DUE:
        ring_on_commit(
            lambda: tasks.verify.delay(
                organization_id=log.organization_id, verification=str(row.public_id)
            )
        )
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


def _list(request: Any) -> dict[str, Any]:
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    form = FilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    wanted = Wanted(**asked, workspace=pages.workspace)
    after = request.GET.get("after")
    page = selectors.listed(log=log, wanted=wanted, after=after)
    is_plain = not after and not any(asked.values())
    waits = selectors.waiting(log=log, workspace=pages.workspace) if is_plain else []
    query = showing.query(asked, after=after or "")
    verification = verifications.newest()
    return {
        "query": query,
        "crumbs": pages.crumbs(),
        "form": form,
        "wanted": wanted,
        "chips": showing.chips(form, asked),
        "waiting": [showing.row(one, pages=pages) for one in waits],
        "days": showing.by_day(
            page.entries, pages=pages, today=clock.now(), query=query
        ),
        "next_url": page.next and showing.query(asked, after=page.next),
        "previous_url": page.previous and showing.query(asked, after=page.previous),
        "badge": showing.badge(verification, pages=pages, now=clock.now()),
        "demo": _demo(log, pages),
    }


def _demo(log: Log, pages: Pages) -> dict[str, Any]:
    if not settings.CUSTOS_DEMO:
        return {}
    return {
        "is_tampered": tampering.is_tampered(log),
        "tamper_url": pages.url("tamper"),
        "put_back_url": pages.url("put-back"),
    }
