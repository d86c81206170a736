"""Invites a whole list: upload, a page that says what each row becomes, confirm.

Between the two pages the list travels in the form, signed for this workspace and this
person and for an hour: nothing is stored before somebody has seen what it means, and
what comes back is judged anew.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.invitations import lists, tasks
from workspaces.invitations.forms import UploadForm
from workspaces.invitations.lists import Row
from workspaces.invitations.services import batches
from workspaces.invitations.services.batches import Fate, Judged
from workspaces.invitations.views import frame
from workspaces.jobs import parcels
from workspaces.jobs import services as jobs
from workspaces.jobs import tasks as job_tasks
from workspaces.roles.matrix import LABELS
from workspaces.tenancy.seats import LABELS as SEAT_LABELS

_SALT = "custos.invitations"
_LIFE = timedelta(hours=1)
_AT_ONCE = 100  # more than that is a job
_SHOWN = 200


class ListIsOld(Refused):
    """The list that came back was not written here, for this person, in this hour."""

    status = 422


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def invitations_upload(request: Any) -> HttpResponse:
    """Choose a file; its answer says what each row would become."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            return _preview(request, lists.read(form.content()))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "form": form or UploadForm(),
        "most": grouped(lists.MOST_ROWS),
        "keep_url": frame.url(request, "invitations-list"),
        "crumbs": frame.crumbs(request, _("Invite a list")),
    }
    status = 422 if form is not None else 200
    return render(request, "workspaces/invitations/upload.html", context, status=status)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def invitations_confirm(request: Any) -> HttpResponse:
    """Carry out what the preview said; a long list becomes a job."""
    rows = _rows_of(request)
    if len(rows) > _AT_ONCE:
        job = jobs.enqueue(
            actor=request.actor,
            kind=batches.JOB_KIND,
            title=_("Invite %s people") % grouped(len(rows)),
            organization=request.workspace.organization,
            workspace=request.workspace,
            arguments=parcels.pack(_packed(rows), workspace=request.workspace),
            at=clock.now(),
        )
        job_tasks.ring()
        return redirect(frame.url(request, "jobs-detail", job=job.public_id))
    at = clock.now()
    judged = batches.judge(
        actor=request.actor, workspace=request.workspace, rows=rows, at=at
    )
    done = batches.invite_all(
        actor=request.actor, workspace=request.workspace, rows=judged, at=at
    )
    tasks.ring()
    context = {
        "invited": sum(1 for one in done if not one.flaw),
        "left": [{"row": one.row, "why": one.flaw} for one in done if one.flaw],
        "list_url": frame.url(request, "invitations-list"),
        "crumbs": frame.crumbs(request, _("Invite a list")),
    }
    return render(request, "workspaces/invitations/done.html", context)


def _preview(request: Any, rows: Sequence[Row]) -> HttpResponse:
    judged = batches.judge(
        actor=request.actor,
        workspace=request.workspace,
        rows=rows,
        at=clock.now(),
    )
    numbers = batches.numbers(judged)
    told = [one for one in judged if one.fate is not Fate.INVITED]
    told.sort(key=lambda one: (one.fate is not Fate.REFUSED, one.line))
    context = {
        "total": len(judged),
        "will": numbers[Fate.INVITED] + numbers[Fate.CHANGED],
        "changed": numbers[Fate.CHANGED],
        "refused": numbers[Fate.REFUSED],
        "told": [_told(one) for one in told],
        "sample": [_told(one) for one in judged if one.fate is Fate.INVITED][:_SHOWN],
        "is_job": len(judged) - numbers[Fate.REFUSED] > _AT_ONCE,
        "list": _signed(request, rows, judged),
        "confirm_url": frame.url(request, "invitations-confirm"),
        "again_url": frame.url(request, "invitations-upload"),
        "crumbs": frame.crumbs(request, _("Invite a list")),
    }
    return render(request, "workspaces/invitations/preview.html", context)


def _told(one: Judged) -> dict[str, Any]:
    return {
        "line": one.line,
        "email": one.email,
        "role": LABELS[one.role],
        "seat": SEAT_LABELS[one.seat],
        "is_refused": one.fate is Fate.REFUSED,
        "why": " ".join(one.reasons),
    }


def _signed(request: Any, rows: Sequence[Row], judged: Sequence[Judged]) -> str:
    wanted = [
        row
        for row, one in zip(rows, judged, strict=True)
        if one.fate is not Fate.REFUSED
    ]
    kept = {
        "where": str(request.workspace.public_id),
        "who": request.actor.id,
        "until": (clock.now() + _LIFE).timestamp(),
        "rows": _packed(wanted),
    }
    return signing.dumps(kept, salt=_SALT, compress=True)


def _rows_of(request: Any) -> list[Row]:
    try:
        kept = signing.loads(request.POST.get("list", ""), salt=_SALT)
    except signing.BadSignature:
        kept = {}
    mine = (str(request.workspace.public_id), request.actor.id)
    is_ours = (kept.get("where"), kept.get("who")) == mine
    if not is_ours or kept["until"] <= clock.now().timestamp():
        raise ListIsOld(
            _("This list is older than an hour or not yours: upload it again.")
        )
    return [
        Row(line=line, email=email, role=role, seat=seat)
        for line, email, role, seat in kept["rows"]
    ]


def _packed(rows: Sequence[Row]) -> list[list[Any]]:
    return [[row.line, row.email, row.role, row.seat] for row in rows]
