"""Streams of the audit log: the list, making one, one stream and what is done to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from audit.log.selectors import Log, log_of
from audit.streams import places, selectors, services, showing, tasks
from audit.streams.forms import ReplayForm, StartForm, StreamForm
from audit.streams.kinds import DESTINATIONS, Kind
from audit.streams.models import AuditStream, State
from audit.streams.places import Where
from audit.streams.services import Start
from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused

_ACKNOWLEDGED = "action:audit.stream.gap-acknowledged"


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def streams(request: Any) -> HttpResponse:
    """Every stream of the tenant, by name."""
    where, at = places.of(request), clock.now()
    found = selectors.listed(workspace=where.workspace)
    progress = selectors.progress_of(
        streams=found, organization_id=where.organization_id, at=at
    )
    context = {
        "rows": [showing.row(one, progress[one.pk], where=where) for one in found],
        "now": at,
        "can": request.actor.may(Permission.AUDIT_STREAMS),
        "add_url": where.url("stream-add"),
        "crumbs": where.crumbs(),
    }
    return render(request, "audit/streams/list.html", context)


@guard.requires(Permission.AUDIT_STREAMS)
@require_safe
def stream_add(request: Any) -> HttpResponse:
    """Which kind of receiver it is."""
    where = places.of(request)
    kinds = [
        {"kind": one, "url": where.url("stream-new", kind=one.value), "it": told}
        for one, told in DESTINATIONS.items()
    ]
    context = {"kinds": kinds, "crumbs": where.crumbs(_("Add a stream"))}
    return render(request, "audit/streams/add.html", context)


@guard.requires(Permission.AUDIT_STREAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def stream_new(request: Any, kind: str) -> HttpResponse:
    """The form of one kind; for a webhook its answer shows the secret, this once."""
    where, known = places.of(request), _kind(kind)
    form = StreamForm(request.POST or None, kind=known)
    start = StartForm(request.POST or None)
    if form.is_bound and form.is_valid() and start.is_valid():
        try:
            made = services.create(
                actor=request.actor,
                log=_log(where),
                workspace=where.workspace,
                kind=known,
                asked=form.asked(),
                start_at=Start(start.cleaned_data["start_at"]),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _made(request, where, made.stream, made.secret)
    return _form(request, where, form, start=start, crumb=_("Add a stream"))


@guard.requires(Permission.AUDIT_VIEW)
@require_safe
def stream(request: Any, stream: UUID) -> HttpResponse:
    """One stream: where it stands, what it is, and what can be done."""
    where, at = places.of(request), clock.now()
    found = selectors.one(stream=stream, workspace=where.workspace)
    return render(
        request, "audit/streams/detail.html", _detail(request, where, found, at)
    )


@guard.requires(Permission.AUDIT_STREAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def stream_change(request: Any, stream: UUID) -> HttpResponse:
    """Another name, filter, format or address; the cursor stays."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    kept = {"name": found.name, "query": found.query, "format": found.format}
    form = StreamForm(
        request.POST or None,
        kind=Kind(found.kind),
        stored=selectors.settings_of(found),
        initial=kept,
    )
    if form.is_bound and form.is_valid():
        try:
            services.change(
                actor=request.actor,
                log=_log(where),
                stream=found,
                asked=form.asked(),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            tasks.ring()
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect(where.url("stream", stream=found.public_id))
    return _form(request, where, form, stream=found, crumb=found.name)


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_secret(request: Any, stream: UUID) -> HttpResponse:
    """Another signing secret, shown this once."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    made = services.renew_secret(
        actor=request.actor, log=_log(where), stream=found, at=clock.now()
    )
    return _made(request, where, made.stream, made.secret)


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_start(request: Any, stream: UUID) -> HttpResponse:
    """Let it flow, or try again at once."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    services.start(actor=request.actor, stream=found, at=clock.now())
    tasks.ring()
    return redirect(where.url("stream", stream=found.public_id))


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_pause(request: Any, stream: UUID) -> HttpResponse:
    """Send nothing until somebody starts it."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    services.pause(actor=request.actor, stream=found, at=clock.now())
    return redirect(where.url("stream", stream=found.public_id))


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_acknowledge(request: Any, stream: UUID) -> HttpResponse:
    """Say that a gap was seen: it leaves the overview, and nobody is paged about it."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    services.acknowledge_gap(actor=request.actor, stream=found, at=clock.now())
    messages.success(request, _("The gap is acknowledged; it stays on this page."))
    return redirect(where.url("stream", stream=found.public_id))


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_test(request: Any, stream: UUID) -> HttpResponse:
    """Have a worker send a test event."""
    where = places.of(request)
    found = selectors.one(stream=stream, workspace=where.workspace)
    services.ask_test(actor=request.actor, stream=found, at=clock.now())
    tasks.ring()
    return redirect(where.url("stream", stream=found.public_id))


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_replay(request: Any, stream: UUID) -> HttpResponse:
    """Send again from an entry on: first what that means, then, confirmed, doing it."""
    where, at = places.of(request), clock.now()
    found = selectors.one(stream=stream, workspace=where.workspace)
    form = ReplayForm(request.POST)
    if form.is_valid():
        first = form.cleaned_data["epoch"], form.cleaned_data["index"]
        try:
            if "confirmed" not in request.POST:
                return _preview(request, where, found, first)
            services.replay(
                actor=request.actor, log=_log(where), stream=found, first=first, at=at
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            tasks.ring()
            return redirect(where.url("stream", stream=found.public_id))
    context = _detail(request, where, found, at) | {"replay": form}
    return render(request, "audit/streams/detail.html", context, status=422)


@guard.requires(Permission.AUDIT_STREAMS)
@require_POST
def stream_remove(request: Any, stream: UUID) -> HttpResponse:
    """End it for good, once its name was typed."""
    where, at = places.of(request), clock.now()
    found = selectors.one(stream=stream, workspace=where.workspace)
    if request.POST.get("typed_name", "").strip() != found.name:
        error = _("Type the name of the stream, “%s”.") % found.name
        context = _detail(request, where, found, at) | {"remove_error": error}
        return render(request, "audit/streams/detail.html", context, status=422)
    services.remove(actor=request.actor, stream=found, at=at)
    messages.success(request, _("“%s” is removed.") % found.name)
    return redirect(where.url("streams"))


def _kind(name: str) -> Kind:
    if name not in {one.value for one in DESTINATIONS}:
        raise Http404
    return Kind(name)


def _log(where: Where) -> Log:
    return log_of(organization_id=where.organization_id)


def _made(request: Any, where: Where, made: AuditStream, secret: str) -> HttpResponse:
    """Where there is a secret, the only page that ever holds it."""
    here = where.url("stream", stream=made.public_id)
    if not secret:
        return redirect(here)
    context = {
        "stream": made,
        "secret": secret,
        "detail_url": here,
        "crumbs": where.crumbs(made.name),
    }
    answer = render(request, "audit/streams/secret.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _form(
    request: Any,
    where: Where,
    form: StreamForm,
    *,
    crumb: str,
    start: StartForm | None = None,
    stream: AuditStream | None = None,
) -> HttpResponse:
    names = {"stream": stream.public_id} if stream else {}
    context = {
        "form": form,
        "start": start,
        "stream": stream,
        "destination": DESTINATIONS[form.kind],
        "back_url": where.url("stream" if stream else "stream-add", **names),
        "crumbs": where.crumbs(crumb),
    }
    status = 422 if form.errors or (start and start.errors) else 200
    return render(request, "audit/streams/form.html", context, status=status)


def _preview(
    request: Any, where: Where, found: AuditStream, first: tuple[int, int]
) -> HttpResponse:
    here = {"stream": found.public_id}
    context = {
        "stream": found,
        "epoch": first[0],
        "index": first[1],
        "move": selectors.move_to(stream=found, first=first),
        "replay_url": where.url("stream-replay", **here),
        "back_url": where.url("stream", **here),
        "crumbs": where.crumbs(found.name),
    }
    return render(request, "audit/streams/replay.html", context)


def _detail(
    request: Any, where: Where, found: AuditStream, at: datetime
) -> dict[str, Any]:
    progress = selectors.progress_of(
        streams=[found], organization_id=where.organization_id, at=at
    )[found.pk]
    acts = (
        *("change", "start", "pause", "test", "replay", "remove", "secret"),
        "acknowledge",
    )
    urls = {act: where.url(f"stream-{act}", stream=found.public_id) for act in acts} | {
        "list": where.url("streams"),
        "here": where.url("stream", stream=found.public_id),
        "acknowledged": f"{where.url('entries')}?q={_ACKNOWLEDGED}",
    }
    samples = selectors.samples_of(stream=found, at=at)
    first = {"epoch": max(found.cursor_epoch, 1), "index": max(found.cursor_index, 0)}
    return {
        "stream": found,
        "status": showing.STANDINGS[progress.standing],
        "sentence": showing.sentence(progress),
        "facts": showing.facts(
            found, selectors.settings_of(found), where=where, now=at
        ),
        "gap": selectors.gap_of(stream=found),
        "chart": showing.chart(samples, progress, now=at),
        "test": showing.test_state(found, now=at),
        "replay": ReplayForm(initial=first),
        "is_running": found.state == State.RUNNING,
        "is_moving": found.state == State.RUNNING and progress.behind > 0,
        "is_signed": DESTINATIONS[Kind(found.kind)].gives_secret,
        "can": request.actor.may(Permission.AUDIT_STREAMS),
        "urls": urls,
        "now": at,
        "crumbs": where.crumbs(found.name),
    }
