"""The Integrity page, the proof file of an entry, and the keys for everybody."""

import base64
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.expiry import selectors as expiry
from audit.expiry import services as expiring
from audit.explorer import selectors as entries
from audit.explorer.pages import Pages
from audit.integrity import comparing, proofs, seen, selectors, showing
from audit.integrity.forms import DaysForm, YearsForm, years
from audit.integrity.head_form import HeadForm
from audit.integrity.seen import Verdict
from audit.log import checkpoints
from audit.log.selectors import log_of
from audit.pruning import selectors as pruning
from audit.pruning import services as prunes
from kit import clock, guard
from kit.http.api import READERS
from kit.http.downloads import attached
from kit.http.limited import limited
from kit.permissions import Permission

_KEPT_SECONDS = 3600


@guard.requires(Permission.AUDIT_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def integrity(request: Any) -> HttpResponse:
    """Heads, anchors and keys, compared with what this browser saw last.

    A head that somebody kept elsewhere is posted, and compared as well.
    """
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    heads = selectors.heads(log)
    newest = heads[0].block if heads else None
    last = seen.seen(request, log=log)
    verdict = seen.compared(log, last=last, newest=newest)
    context = showing.page(
        log, pages=pages, heads=heads, last=last, verdict=verdict, now=clock.now()
    )
    form = HeadForm(request.POST if request.method == "POST" else None, log=log)
    of_kept = None
    if form.is_valid():
        of_kept = seen.compared(log, last=form.head, newest=newest)
    context["compare"] = comparing.with_kept(of_kept, form=form)
    if of_kept is Verdict.BROKEN and verdict is not Verdict.BROKEN:
        context["notice"] = {}  # no comfort beside an alarm
    if pages.workspace is None:
        context["details"] = showing.details(
            pages, days=expiry.days(), can=request.actor.may(Permission.AUDIT_ERASE)
        )
        context["pruning"] = showing.pruning(
            pages, state=pruning.state(), can=request.actor.may(Permission.AUDIT_ERASE)
        )
    status = 422 if form.errors else 200
    response = render(request, "audit/integrity/page.html", context, status=status)
    if newest is not None and Verdict.BROKEN not in {verdict, of_kept}:
        seen.remember(response, log=log, newest=newest)
    return response


@guard.requires(Permission.AUDIT_ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def details_kept(request: Any) -> HttpResponse:
    """What the days in the address would take at once, then the change."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    before, at = expiry.days(), clock.now()
    form = DaysForm(request.GET or None, initial={"days": before})
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        if expiring.set_days(actor=request.actor, log=log, days=days, at=at):
            messages.success(request, _("Details are kept for %d days.") % days)
        else:
            messages.info(request, _("That is how it is; nothing changed."))
        return redirect(pages.url("integrity"))
    asked = None
    if form.is_valid() and form.cleaned_data["days"] != before:
        days = form.cleaned_data["days"]
        gone = expiry.would_go(organization_id=log.organization_id, days=days, at=at)
        asked = showing.asked(pages, log, days=days, before=before, gone=gone, at=at)
    context = showing.details_page(pages, days=before, form=form, asked=asked)
    is_refused = form.errors or request.method == "POST"
    status = 422 if is_refused else 200
    return render(request, "audit/integrity/details.html", context, status=status)


@guard.requires(Permission.AUDIT_ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def log_kept(request: Any) -> HttpResponse:
    """What the time in the address would take of the log, then the change."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    before, at = pruning.days(), clock.now()
    form = YearsForm(request.GET or None)
    if request.method == "POST" and form.is_valid():
        days = form.chosen
        if prunes.set_days(actor=request.actor, log=log, days=days, at=at):
            messages.success(request, _("Entries are kept: %s.") % years(days).lower())
        else:
            messages.info(request, _("That is how it is; nothing changed."))
        return redirect(pages.url("integrity"))
    asked = None
    if form.is_valid() and form.chosen != before:
        asked = showing.asked_of_log(pages, log, days=form.chosen, before=before, at=at)
    context = showing.log_page(pages, days=before, form=form, asked=asked)
    is_refused = form.errors or request.method == "POST"
    status = 422 if is_refused else 200
    return render(request, "audit/integrity/log.html", context, status=status)


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def proof(request: Any, epoch: int, index: int) -> HttpResponse:
    """One entry as a C2SP tlog-proof file, with what of its details is not erased."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    shown = entries.entry(log=log, epoch=epoch, index=index, workspace=pages.workspace)
    found = shown and selectors.provable(log, epoch=epoch, index=index)
    if not found:
        pruning.demand_kept(epoch=epoch, index=index)
        raise Http404
    name = f"{pages.slug}-{epoch}-{index}.tlog-proof"
    return attached(name=name, content=proofs.proof_file(log, found))


@guard.public
@require_safe
@limited(READERS)
def log_keys(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Every key that ever signed here, oldest first; no log is named to strangers."""
    known = checkpoints.installation_keys()
    answer = JsonResponse(
        {
            "keys": [
                {
                    "algorithm": "Ed25519",
                    "public_key": base64.b64encode(key.public).decode(),
                    "vkey": key.vkey,
                    "signs_now": key == known[-1],
                }
                for key in known
            ]
        }
    )
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer
