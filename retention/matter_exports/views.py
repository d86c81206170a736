"""Exports of a matter: what one would hold, asking for it, its progress, its file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.conversations import object_reasons
from retention.conversations import showing as reasons
from retention.conversations.reasons import Why
from retention.conversations.selectors import UnknownConversation
from retention.holds.views.pages import found
from retention.matter_exports import selectors, services, showing
from retention.matter_exports.kinds import EXPORTS
from retention.matter_exports.models import MatterExport
from retention.places import crumbs, link
from workspaces.jobs import tasks as jobs
from workspaces.members import selectors as members


class ReasonForm(forms.Form):
    """Why content leaves its members."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "It stands sealed in the audit log beside your name, with each object that"
            " was read."
        ),
        error_messages={"required": gettext_lazy("Say why.")},
    )


@guard.requires(Permission.MATTERS_EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def matter_exports(request: Any, hold: UUID) -> HttpResponse:
    """What an export would hold, the form that asks for one, and those there are."""
    at = clock.now()
    view = found(hold)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            export = services.ask(
                actor=request.actor,
                workspace=request.workspace,
                hold=view.hold,
                reason=form.cleaned_data["reason"],
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            jobs.ring()
            return redirect(_url(request, export, hold=hold))
    shares = selectors.preview(hold=view.hold)
    context = {
        "view": view,
        "form": form,
        "sentence": showing.sentence(shares),
        "withheld": showing.withheld(shares),
        "table": showing.preview(shares),
        "rows": _rows(request, view.hold, at=at),
        "is_released": view.hold.released_at is not None,
        "hold_url": link(request, "retention:hold", hold=hold),
        "crumbs": _crumbs(request, _("Exports")),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/matter_exports/list.html", context, status=status)


@guard.requires(Permission.MATTERS_EXPORT)
@require_safe
def matter_export(request: Any, hold: UUID, export: UUID) -> HttpResponse:
    """One export; the part with its progress polls itself while it is written."""
    at = clock.now()
    view = found(hold)
    row = selectors.one(hold=view.hold, public_id=export)
    written = selectors.written(export=row)
    is_over = selectors.is_over(export=row, at=at)
    kind, word = showing.status(row, is_over=is_over)
    why = _why(request, export, at=at)
    is_mine = row.requested_by == request.actor.id
    context = {
        "view": view,
        "ending": showing.ending(row),
        "reason_again": selectors.reason_of(export=row)
        if is_mine and selectors.may_be_asked_again(export=row, hold=view.hold)
        else "",
        "status_kind": kind,
        "status_word": word,
        "is_open": row.outcome is None and not is_over,
        "may_delete": row.deleted_at is None,
        "bar": showing.bar(row, written),
        "number": written.objects,
        "total": max(row.expected_n, written.objects),
        "facts": _facts(row, written, why, at=at),
        "answer": reasons.answer(why, now=at),
        "dates": reasons.dates(why, now=at),
        "considered": reasons.considered(why, now=at),
        "bounds": reasons.bounds(why),
        "ways_out": reasons.ways_out(why),
        "policy_url": link(request, "retention:policies"),
        "page_url": request.path,
        "is_mine": is_mine,
        "download_url": _url(request, row, "matter-export-download", hold=hold)
        if selectors.is_fetchable(export=row, person=request.actor.id, at=at)
        else "",
        "delete_url": _url(request, row, "matter-export-delete", hold=hold),
        "list_url": link(request, "retention:matter-exports", hold=hold),
        "crumbs": _crumbs(request, _("Export")),
    }
    name = "retention/matter_exports/detail.html"
    return render(request, f"{name}#state" if request.htmx else name, context)


@guard.requires(Permission.MATTERS_EXPORT)
@require_POST
def matter_export_download(request: Any, hold: UUID, export: UUID) -> HttpResponseBase:
    """The archive, in pieces; each download is recorded, so it is a POST."""
    fetched = services.fetch(
        actor=request.actor,
        workspace=request.workspace,
        export=selectors.one(hold=found(hold).hold, public_id=export),
        at=clock.now(),
    )
    answer = StreamingHttpResponse(fetched.pieces, content_type="application/x-tar")
    name = content_disposition_header(as_attachment=True, filename=fetched.name)
    answer["Content-Disposition"] = name or "attachment"
    answer["Content-Length"] = str(fetched.size)
    answer["Cache-Control"] = "no-store"
    return answer


@guard.requires(Permission.MATTERS_EXPORT)
@require_POST
def matter_export_delete(request: Any, hold: UUID, export: UUID) -> HttpResponse:
    """Take an export away before its time."""
    services.delete(
        actor=request.actor,
        workspace=request.workspace,
        export=selectors.one(hold=found(hold).hold, public_id=export),
        at=clock.now(),
    )
    messages.success(request, _("The export is deleted; a sweep purges its bytes."))
    return redirect(link(request, "retention:matter-exports", hold=hold))


def _rows(request: Any, hold: Any, *, at: datetime) -> list[dict[str, Any]]:
    exports = selectors.exports_of(hold=hold)
    over = selectors.over_among(exports=exports, at=at)
    people = members.names_of(people=[one.requested_by for one in exports])
    rows = []
    for one in exports:
        kind, word = showing.status(one, is_over=one.pk in over)
        rows.append(
            {
                "by": people.get(one.requested_by, showing.NOBODY),
                "created_at": one.created_at,
                "status_kind": kind,
                "status_word": word,
                "bytes": one.byte_count,
                "url": _url(request, one, hold=hold.public_id),
            }
        )
    return rows


def _why(request: Any, export: UUID, *, at: datetime) -> Why:
    try:
        return object_reasons.explain(
            workspace=request.workspace, public_id=export, kind=EXPORTS, at=at
        ).why
    except UnknownConversation as unknown:
        raise Http404 from unknown


def _facts(
    row: MatterExport, written: selectors.Written, why: Why, *, at: datetime
) -> list[dict[str, Any]]:
    return showing.facts(
        row,
        written,
        reason=selectors.reason_of(export=row),
        people=members.names_of(people=[row.requested_by]),
        until=row.deleted_at or why.expires_at,
        now=at,
    )


def _url(
    request: Any, export: MatterExport, name: str = "matter-export", *, hold: UUID
) -> str:
    return link(request, f"retention:{name}", hold=hold, export=export.public_id)


def _crumbs(request: Any, label: str) -> list[dict[str, Any]]:
    return crumbs(request, label, above=[(_("Holds"), "retention:holds")])
