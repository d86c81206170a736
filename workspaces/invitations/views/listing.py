"""The list of invitations, one of them, and what is done with one."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.invitations import selectors, services, tasks
from workspaces.invitations.forms import STATE_LABELS, FindForm, OfferForm, SendForm
from workspaces.invitations.rules import State
from workspaces.invitations.views import frame
from workspaces.members import selectors as members

_NOTHING = {"q": "", "state": ""}


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def invitations_list(request: Any) -> HttpResponse:
    """Everybody who was invited, newest first, by where they stand."""
    at, form = clock.now(), FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else _NOTHING
    page = selectors.page(
        state=asked["state"],
        prefix=asked["q"],
        after=request.GET.get("after"),
        at=at,
    )
    counts = selectors.counts(at=at)
    context = {
        "form": form,
        "is_filtered": bool(asked["q"] or asked["state"]),
        "rows": [frame.shown(request, row, at=at) for row in page.rows],
        "counts": [
            {"label": STATE_LABELS[state], "state": state.value, "number": number}
            for state, number in counts.items()
        ],
        "total": sum(counts.values()),
        "pending": counts[State.PENDING],
        "now": at,
        "next_url": page.next and _query(asked, after=page.next),
        "previous_url": page.previous and _query(asked, after=page.previous),
        "can": request.actor.may(Permission.MEMBERS_MANAGE),
        "send_url": frame.url(request, "invitations-send"),
        "upload_url": frame.url(request, "invitations-upload"),
        "crumbs": frame.crumbs(request),
    }
    return render(request, "workspaces/invitations/list.html", context)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def invitations_send(request: Any) -> HttpResponse:
    """Invite one person."""
    seats = members.seats(workspace_id=request.workspace.id)
    form = SendForm(
        request.POST or None,
        givable=frame.givable(request),
        initial={"seat": seats.default},
    )
    if form.is_bound and form.is_valid():
        try:
            row = services.invite(
                actor=request.actor,
                workspace=request.workspace,
                at=clock.now(),
                **form.cleaned_data,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            tasks.ring()
            messages.success(request, _("%s is invited; the mail is due.") % row.email)
            return redirect(frame.url(request, "invitations-list"))
    context = {
        "form": form,
        "seats": seats,
        "upload_url": frame.url(request, "invitations-upload"),
        "keep_url": frame.url(request, "invitations-list"),
        "crumbs": frame.crumbs(request, _("Invite")),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/invitations/send.html", context, status=status)


@guard.requires(Permission.MEMBERS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def invitations_detail(request: Any, invitation: UUID) -> HttpResponse:
    """One invitation; while it is open, what it offers can be changed."""
    if request.method == "POST":
        request.actor.require(Permission.MEMBERS_MANAGE)
    at, row = clock.now(), selectors.one(invitation=invitation)
    form = OfferForm(
        request.POST if request.method == "POST" else None,
        givable=frame.givable(request),
        initial={"role": row.role, "seat": row.seat},
    )
    if form.is_bound and form.is_valid():
        try:
            services.change(
                actor=request.actor,
                workspace=request.workspace,
                invitation=invitation,
                at=at,
                **form.cleaned_data,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The invitation was changed."))
            return redirect(
                frame.url(request, "invitations-detail", invitation=invitation)
            )
    known = members.names_of(people=[row.invited_by])
    context = {
        "invitation": frame.shown(request, row, at=at),
        "invited_by": known.get(row.invited_by) or _("The installation"),
        "form": form,
        "can": request.actor.may(Permission.MEMBERS_MANAGE),
        "now": at,
        "crumbs": frame.crumbs(request, row.email),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/invitations/detail.html", context, status=status)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def invitations_resend(request: Any, invitation: UUID) -> HttpResponse:
    """Mail it again, with a new link and a new fortnight."""
    row = services.send_again(
        actor=request.actor,
        workspace=request.workspace,
        invitation=invitation,
        at=clock.now(),
    )
    tasks.ring()
    messages.success(
        request, _("The mail to %s is due; the old link is dead.") % row.email
    )
    return redirect(frame.url(request, "invitations-detail", invitation=invitation))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def invitations_revoke(request: Any, invitation: UUID) -> HttpResponse:
    """Take it back."""
    row = services.revoke(
        actor=request.actor,
        workspace=request.workspace,
        invitation=invitation,
        at=clock.now(),
    )
    messages.success(request, _("The invitation of %s is revoked.") % row.email)
    return redirect(frame.url(request, "invitations-list"))


def _query(asked: dict[str, str], **more: str) -> str:
    kept = {name: value for name, value in {**asked, **more}.items() if value}
    return f"?{urlencode(kept)}"
