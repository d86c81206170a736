"""The exports of a log: ask for one, watch it, download it."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.explorer.pages import Pages
from audit.exports import selectors, services, tasks
from audit.exports.forms import ExportForm
from audit.exports.models import OPEN, AuditExport, Form, State
from audit.exports.rules import KEPT_DAYS
from audit.exports.selectors import Stands, Why
from audit.log.selectors import log_of
from audit.verification import verifier
from audit.verification.bundle import VERIFIER
from kit import clock, guard
from kit.charts.progress import Progress
from kit.formatting import grouped, size
from kit.http.downloads import attached
from kit.permissions import Permission
from kit.refusals import Refused

_STATUS = {
    State.QUEUED: ("wait", _lazy("Waiting")),
    State.RUNNING: ("run", _lazy("Running")),
    State.DONE: ("ok", _lazy("Ready")),
    State.FAILED: ("bad", _lazy("Failed")),
    State.EXPIRED: ("off", _lazy("Expired")),
}
_ENDING = {Form.CSV: "csv", Form.EVIDENCE: "zip"}


@guard.requires(Permission.AUDIT_EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: Any) -> HttpResponse:
    """The exports, newest first; a new one is asked for by posting here."""
    pages = Pages.of(request)
    if request.method != "POST":
        form = ExportForm(initial={"query": request.GET.get("q", "")})
        return _page(request, pages, form)
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _page(request, pages, form, status=422)
    try:
        services.request(
            actor=request.actor,
            log=log_of(organization_id=pages.organization_id),
            workspace=pages.workspace,
            form=Form(form.cleaned_data["form"]),
            query=form.cleaned_data["query"],
            at=clock.now(),
        )
    except Refused as refusal:
        return _page(request, pages, form, refusal=str(refusal), status=409)
    tasks.ring()
    messages.success(request, _("The export is asked for. It appears below."))
    return redirect(pages.url("exports"))


@guard.requires(Permission.AUDIT_EXPORT)
@require_safe
def export_file(request: Any, log_export: UUID) -> HttpResponseBase:
    """The file of an export."""
    pages = Pages.of(request)
    row, pieces = services.download(
        actor=request.actor,
        log=log_of(organization_id=pages.organization_id),
        workspace=pages.workspace,
        export=log_export,
        at=clock.now(),
    )
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    response["Content-Length"] = str(row.byte_count)
    header = content_disposition_header(as_attachment=True, filename=_name(row, pages))
    response["Content-Disposition"] = header or "attachment"
    return response


@guard.requires(Permission.AUDIT_EXPORT)
@require_safe
def export_verifier(_request: Any) -> HttpResponse:
    """The program that verifies evidence without Custos."""
    return attached(name=VERIFIER, content=Path(verifier.__file__).read_bytes())


def _page(
    request: Any,
    pages: Pages,
    form: ExportForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    page = selectors.listed(
        workspace=pages.workspace, after=request.GET.get("after") or None
    )
    now = clock.now()
    rows = [_shown(row, pages, now=now) for row in page.rows]
    context = {
        "form": form,
        "refusal": refusal,
        "rows": rows,
        "is_open": any(row["is_open"] for row in rows),
        "here_url": request.get_full_path(),
        "next_url": page.next and f"?after={page.next}",
        "previous_url": page.previous and f"?after={page.previous}",
        "verifier_url": pages.url("export-verifier"),
        "is_workspace": pages.workspace is not None,
        "now": now,
        "kept_days": KEPT_DAYS,
        "crumbs": [
            *pages.crumbs()[:-1],
            {"label": _("Audit log"), "url": pages.list_url()},
            {"label": _("Exports")},
        ],
    }
    name = "audit/exports/list.html"
    part = f"{name}#rows" if request.htmx else name
    return render(request, part, context, status=status)


def _shown(row: AuditExport, pages: Pages, *, now: datetime) -> dict[str, Any]:
    why = selectors.why(export=row, at=now)
    is_ready = why.stands is Stands.LIVE
    is_gone = why.stands is Stands.EXPIRED
    kind, word = _STATUS[State.EXPIRED if is_gone else State(row.state)]
    bar = None
    if row.state == State.RUNNING and row.total:
        title = _("%(done)s of %(all)s entries") % {
            "done": grouped(row.done),
            "all": grouped(row.total),
        }
        bar = Progress(title=title, total=row.total, done=min(row.done, row.total))
    return {
        "name": Form(row.form).label,
        "query": row.query,
        "status_kind": kind,
        "status_word": word,
        "is_open": row.state in OPEN,
        "bar": bar,
        "entries": grouped(row.done) if is_ready else "",
        "size": size(row.byte_count) if is_ready else "",
        "requested_at": row.requested_at,
        "expires_at": why.expires_at if is_ready or is_gone else None,
        "why": _why(why),
        "url": pages.url("export-file", log_export=row.public_id) if is_ready else "",
    }


def _why(why: Why) -> str:
    """By what its file goes, or went; empty where there never was one."""
    if why.is_cut_short:
        return _("ended early: a person was erased from the log")
    days = ngettext(
        "%d day after it was made", "%d days after it was made", why.kept_days
    )
    return days % why.kept_days if why.expires_at else ""


def _name(row: AuditExport, pages: Pages) -> str:
    ending = _ENDING.get(Form(row.form), "jsonl")
    return f"audit-{pages.slug}-{row.requested_at:%Y-%m-%d}-{row.form}.{ending}"
