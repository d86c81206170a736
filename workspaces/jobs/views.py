"""The list of jobs, one job as it runs, and the button that stops it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST, require_safe

from kit import clock, guard
from kit.blobs.contract import BlobMissing
from kit.charts.progress import Progress
from kit.formatting import grouped
from kit.permissions import Permission
from workspaces.jobs import parcels, rules, selectors, services
from workspaces.jobs.models import OPEN_STATES, Job, JobState

_STATUS = {
    JobState.QUEUED: ("wait", _lazy("Waiting")),
    JobState.RUNNING: ("run", _lazy("Running")),
    JobState.DONE: ("ok", _lazy("Done")),
    JobState.FAILED: ("bad", _lazy("Failed")),
    JobState.CANCELED: ("off", _lazy("Stopped")),
}


@guard.requires(Permission.OWN_DATA)
@require_GET
def jobs_list(request: Any) -> HttpResponse:
    """The jobs that this person may see, newest first."""
    page = selectors.page(actor=request.actor, after=request.GET.get("after"))
    context = {
        "jobs_shown": [_shown(request, job) for job in page.rows],
        "next_url": page.next and f"?after={page.next}",
        "previous_url": page.previous and f"?after={page.previous}",
        "now": clock.now(),
        "crumbs": _crumbs(request),
    }
    return render(request, "workspaces/jobs/list.html", context)


@guard.requires(Permission.OWN_DATA)
@require_GET
def jobs_detail(request: Any, job: UUID) -> HttpResponse:
    """One job; the part with its progress polls itself while it runs."""
    found = selectors.one(actor=request.actor, job=job)
    context = {
        "job": _shown(request, found),
        "now": clock.now(),
        "crumbs": _crumbs(request, found),
    }
    name = "workspaces/jobs/detail.html"
    return render(request, f"{name}#state" if request.htmx else name, context)


@guard.requires(Permission.OWN_DATA)
@require_POST
def jobs_cancel(request: Any, job: UUID) -> HttpResponse:
    """Stop a job after its current step."""
    stopped = services.cancel(
        actor=request.actor,
        organization=request.workspace.organization,
        job=job,
        at=clock.now(),
    )
    messages.success(request, _("“%s” stops after its current step.") % stopped.title)
    return redirect(_url(request, stopped))


@guard.requires(Permission.OWN_DATA)
@require_safe
def jobs_result(request: Any, job: UUID) -> HttpResponseBase:
    """The file that a job left, for whoever asked for it and for nobody else."""
    found = selectors.one(actor=request.actor, job=job)
    blob = _file_for(found, request)
    if blob is None:
        raise selectors.UnknownJob(_("This job has no file for you."))
    try:
        pieces = list(parcels.open_result(blob, workspace=request.workspace))
    except BlobMissing:
        raise selectors.UnknownJob(_("The file of this job is gone.")) from None
    response = HttpResponse(b"".join(pieces), content_type="text/csv; charset=utf-8")
    name = content_disposition_header(
        as_attachment=True, filename=found.result_name or "result.csv"
    )
    response["Content-Disposition"] = name or "attachment"
    return response


def _file_for(job: Job, request: Any) -> UUID | None:
    """What a job left for whoever asks, until its days are over."""
    if job.ended_at is None or job.requested_by != request.actor.id:
        return None
    if rules.is_over(ended_at=job.ended_at, at=clock.now()):
        return None
    return job.result_blob_id


def _shown(request: Any, job: Job) -> dict[str, Any]:
    kind, word = _STATUS[JobState(job.state)]
    return {
        "title": job.title,
        "status_kind": kind,
        "status_word": word,
        "is_open": job.state in OPEN_STATES,
        "may_stop": job.state in OPEN_STATES and job.cancel_requested_at is None,
        "is_stopping": job.state in OPEN_STATES and job.cancel_requested_at is not None,
        "message": job.message,
        "number": grouped(job.done),
        "total": job.total,
        "bar": _bar(job),
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "url": _url(request, job),
        "cancel_url": _url(request, job, name="workspaces:jobs-cancel"),
        "result_url": _url(request, job, name="workspaces:jobs-result")
        if _file_for(job, request)
        else "",
        "result_name": job.result_name,
        "gone_at": rules.gone_at(ended_at=job.ended_at) if job.ended_at else None,
    }


def _bar(job: Job) -> Progress | None:
    if not job.total:
        return None
    title = _("%(done)s of %(total)s") % {
        "done": grouped(job.done),
        "total": grouped(job.total),
    }
    return Progress(title=title, total=job.total, done=job.done)


def _url(request: Any, job: Job, *, name: str = "workspaces:jobs-detail") -> str:
    slug = request.workspace.slug
    return reverse(name, kwargs={"workspace": slug, "job": job.public_id})


def _crumbs(request: Any, job: Job | None = None) -> list[dict[str, str]]:
    here = {"workspace": request.workspace.slug}
    may_look = request.actor.may(Permission.OVERVIEW_VIEW)
    overview = reverse("workspaces:overview", kwargs=here) if may_look else ""
    url = reverse("workspaces:jobs-list", kwargs=here) if job else ""
    crumbs = [
        {"label": request.workspace.name, "url": overview},
        {"label": _("Jobs"), "url": url},
    ]
    return crumbs + ([{"label": job.title}] if job else [])
