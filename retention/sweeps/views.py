"""Sweeps: the list, starting one, one as it runs, and its receipt to keep."""

import base64
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.formatting import duration, grouped
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from retention.deletions import selectors as deletions
from retention.deletions.showing import due_sentence, held_sentence
from retention.incidents import selectors as of_incidents
from retention.incidents import showing as incidents
from retention.places import crumbs, link, query
from retention.policies import selectors as policies
from retention.receipts import selectors as receipts
from retention.receipts.models import Receipt
from retention.schedules import rules
from retention.schedules import selectors as of_schedules
from retention.schedules import showing as schedules
from retention.sweeps import (
    batches,
    charts,
    selectors,
    services,
    showing,
    stages,
    tasks,
)
from retention.sweeps.breaker import selectors as breaker
from retention.sweeps.breaker import showing as stopped
from retention.sweeps.models import Sweep
from workspaces.members import selectors as members

_ORDER: keyset.Order = (("opened_at", "desc"), ("id", "desc"))
_SIGNATURE_LINE = 30


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def sweeps(request: Any) -> HttpResponse:
    """What a sweep would take now, and every sweep so far."""
    at = clock.now()
    page = keyset.page(
        selectors.sweeps(), order=_ORDER, after=request.GET.get("after"), size=50
    )
    due = deletions.due(workspace=request.workspace, at=at)
    running = selectors.running_sweep()
    context = {
        "rows": [_row(request, sweep) for sweep in page.rows],
        "due": due,
        "due_sentence": due_sentence(due.conversations),
        "held_sentence": held_sentence(due.held) if due.held else "",
        "running_url": running and _url(request, running),
        **_stop(request, at=at),
        "can_run": request.actor.may(Permission.SWEEPS_RUN),
        "start_url": link(request, "retention:sweep-start"),
        "incidents": incidents.rows(of_incidents.lasting()[:50]),
        "schedule_url": link(request, "retention:schedule"),
        "schedule_sentence": schedules.sentence(
            of_schedules.schedule_of(workspace=request.workspace)
        ),
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "now": at,
        "crumbs": crumbs(request, _("Sweeps")),
    }
    return render(request, "retention/sweeps/list.html", context)


def _stop(request: Any, *, at: datetime) -> dict[str, str]:
    """The sweep that was stopped and waits for a person, if there is one."""
    stop = breaker.open_stop()
    if stop is None:
        return {}
    is_agreed = breaker.first_word_counts(stop=stop, workspace=request.workspace, at=at)
    return {
        "stop_sentence": stopped.sentence(stop, is_agreed=is_agreed),
        "stop_url": link(request, "retention:sweep-stop", stop=stop.public_id),
    }


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def sweep_after_policy(request: Any) -> HttpResponse:
    """Leads to the sweep that followed the policy in force; waits until it is there."""
    at = clock.now()
    standing = policies.standing(workspace=request.workspace, at=at)
    if standing.since and (found := selectors.first_since(at=standing.since)):
        url = _url(request, found)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    running = selectors.running_sweep()
    due = deletions.due(workspace=request.workspace, at=at)
    context = {
        "waits": showing.waits(
            due=due.conversations,
            is_running=running is not None,
            begins_at=_begins_at(request, at),
        ),
        "is_due": bool(due.conversations),
        "running_url": running and _url(request, running),
        "here_url": link(request, "retention:sweep-after-policy"),
        "sweeps_url": link(request, "retention:sweeps"),
        "crumbs": crumbs(
            request, _("Next sweep"), above=[(_("Sweeps"), "retention:sweeps")]
        ),
    }
    template = "waits.html" if request.htmx else "after_policy.html"
    return render(request, f"retention/sweeps/{template}", context)


def _begins_at(request: Any, at: datetime) -> datetime | None:
    schedule = of_schedules.schedule_of(workspace=request.workspace)
    if rules.hurried_by_policy(schedule, at=at):
        return None
    return rules.next_beginnings(schedule, after=at, n=1)[0]


@guard.requires(Permission.SWEEPS_RUN)
@require_http_methods(["POST"])
def sweep_start(request: Any) -> HttpResponse:
    """Open a sweep of this workspace and ring for a worker."""
    try:
        opened = services.open_run(
            actor=request.actor, workspace=request.workspace, at=clock.now()
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(link(request, "retention:sweeps"))
    # A ring that is lost only makes it late: beat rings each minute.
    ring_on_commit(partial(tasks.ring, run_id=opened.run_id))
    return redirect(_url(request, opened))


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def sweep(request: Any, sweep: UUID) -> HttpResponse:
    """One sweep; htmx asks for its body again until it is finished."""
    context = _context(request, _found(sweep))
    body = "retention/sweeps/poll.html"
    return render(
        request, body if request.htmx else "retention/sweeps/detail.html", context
    )


@guard.requires(Permission.SWEEPS_VIEW)
@require_safe
def receipt_download(_request: Any, sweep: UUID) -> HttpResponse:
    """The signed receipt as a file, for whoever must be convinced."""
    found = _found(sweep)
    receipt = receipts.receipt_of(sweep_id=found.pk)
    if receipt is None:
        raise Http404
    name = f"custos-receipt-{found.opened_at:%Y-%m-%d-%H%M}.json"
    response = HttpResponse(
        receipts.signed(receipt).file, content_type="application/json"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(public_id: UUID) -> Sweep:
    try:
        return selectors.sweep_by_public_id(public_id=public_id)
    except Sweep.DoesNotExist as unknown:
        raise Http404 from unknown


def _context(request: Any, found: Sweep) -> dict[str, Any]:
    at = clock.now()
    progress = selectors.sweep_progress(sweep=found)
    parts = batches.batches_of(sweep=found)
    is_all = request.GET.get("batches") == "all"
    people = members.names_of(people=[found.started_by])
    return {
        "name": showing.name(found),
        "status": showing.status(found),
        "sentence": showing.sentence(found, people=people, now=at),
        "steps": stages.steps(found, progress),
        "answer": showing.answer(found, progress),
        "bar": charts.bar(progress, parts),
        "chart": charts.chart(parts),
        "batches": charts.rows(parts, is_all=is_all),
        "others": showing.others(selectors.others(sweep=found)),
        "batches_label": _("All %s") % grouped(len(parts)),
        "batches_url": query(batches="all")
        if charts.has_more(parts) and not is_all
        else "",
        "is_finished": progress.is_finished,
        "poll_url": _url(request, found) + query(batches="all" if is_all else ""),
        "audit": _audit(request, found),
        "crumbs": crumbs(
            request,
            f"{found.opened_at:%-d %b %Y}",
            above=[(_("Sweeps"), "retention:sweeps")],
        ),
        **_receipt(request, found, progress),
    }


def _receipt(
    request: Any, found: Sweep, progress: selectors.Progress
) -> dict[str, Any]:
    receipt = receipts.receipt_of(sweep_id=found.pk)
    context: dict[str, Any] = {
        "number": showing.number(found),
        "plan": showing.plan_facts(found, workspace=request.workspace.name),
        "result": showing.result_facts(found, progress),
        "is_signed": receipt is not None,
        "unsigned_reason": showing.unsigned_reason(found),
    }
    if receipt is None:
        return context
    names = {"sweep": found.public_id}
    return context | {
        "signature": _signature(receipt),
        "signature_key": receipt.verifier_key.partition("+")[0],
        "verifier_key": receipt.verifier_key,
        "download_url": link(request, "retention:receipt-download", **names),
        "certificate_url": link(request, "retention:sweep-certificate", **names),
    }


def _signature(receipt: Receipt) -> list[str]:
    text = base64.b64encode(bytes(receipt.signature)).decode()
    return [
        text[start : start + _SIGNATURE_LINE]
        for start in range(0, len(text), _SIGNATURE_LINE)
    ]


def _audit(request: Any, found: Sweep) -> dict[str, str]:
    """The way to its entries; counted only where the list has that count."""
    if not found.purged_n or not request.actor.may(Permission.AUDIT_VIEW):
        return {}
    after = (found.ended_at or clock.now()) + timedelta(days=1)
    asked = (
        "action:retention.conversation.purged"
        f" at>={found.opened_at:%Y-%m-%d} at<{after:%Y-%m-%d}"
    )
    label = _("See that day's purges in the audit log")
    if batches.is_alone(sweep=found):
        label = ngettext(
            "See its %(n)s audit entry", "See its %(n)s audit entries", found.purged_n
        ) % {"n": grouped(found.purged_n)}
    return {
        "label": label,
        "url": link(request, "audit:workspace-entries") + query(q=asked),
    }


def _row(request: Any, found: Sweep) -> dict[str, Any]:
    return {
        "url": _url(request, found),
        "opened_at": found.opened_at,
        "status": showing.status(found),
        "planned": found.planned_n,
        "purged": found.purged_n,
        "held": found.held_n,
        "failed": found.failed_n,
        "took": duration(found.ended_at - found.opened_at) if found.ended_at else "",
    }


def _url(request: Any, found: Sweep) -> str:
    return link(request, "retention:sweep", sweep=found.public_id)
