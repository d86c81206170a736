"""Places holds after a count, lets them cover more, and describes their matters."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import counting, selectors, services, showing
from retention.holds.forms import GraceForm, HoldForm, ScopeForm, TextForm
from retention.holds.matters import Named
from retention.holds.models import ScopeKind
from retention.holds.views.pages import found
from retention.places import crumbs, link
from workspaces.members import selectors as members

_CHANGES = ["GET", "HEAD", "POST"]


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_place(request: Any) -> HttpResponse:
    """A form whose first button counts what is covered, and whose second places it."""
    form = HoldForm(request.POST or None, initial=_carried(request))
    context: dict[str, Any] = {
        "form": form,
        "holds_url": link(request, "retention:holds"),
        "crumbs": crumbs(
            request, _("Place a hold"), above=[(_("Holds"), "retention:holds")]
        ),
    }
    if form.is_bound and form.is_valid():
        try:
            named = named_in(form)
            if request.POST.get("step") == "place":
                return _place(request, form, named, at=clock.now())
            context |= _preview(request, named)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    status = 422 if form.errors else 200
    return render(request, "retention/holds/place.html", context, status=status)


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_add(request: Any, hold: UUID) -> HttpResponse:
    """Let a hold cover more, after a count."""
    view = found(hold)
    form = ScopeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            named = named_in(form)
            if request.POST.get("step") == "place":
                return _add(request, view, named, at=clock.now())
            return _editor(request, view, form, counted=_preview(request, named))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _editor(request, view, form, status=422 if form.errors else 200)


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_edit(request: Any, hold: UUID) -> HttpResponse:
    """Write the matter's name, reference and description anew."""
    view = found(hold)
    text = view.text
    initial = {
        "matter": text.name,
        "reference": text.reference,
        "description": text.description,
    }
    form = TextForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            services.describe(
                actor=request.actor,
                workspace=request.workspace,
                hold=view.hold,
                text=form.text,
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The matter is described anew."))
            return redirect(link(request, "retention:hold", hold=hold))
    context = {"form": form, **_around(request, view, _("Describe the matter"))}
    status = 422 if form.errors else 200
    return render(request, "retention/holds/edit.html", context, status=status)


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(_CHANGES)
def hold_grace(request: Any) -> HttpResponse:
    """For how many days what is released goes on being protected."""
    days = selectors.grace_days()
    form = GraceForm(request.POST or None, initial={"days": days})
    if form.is_bound and form.is_valid():
        services.set_grace(
            actor=request.actor,
            workspace=request.workspace,
            days=form.cleaned_data["days"],
            at=clock.now(),
        )
        messages.success(request, _("It counts for releases from now on."))
        return redirect(link(request, "retention:holds"))
    context = {
        "form": form,
        "sentence": showing.grace(days),
        "holds_url": link(request, "retention:holds"),
        "crumbs": crumbs(
            request, _("After a release"), above=[(_("Holds"), "retention:holds")]
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/holds/grace.html", context, status=status)


def _carried(request: Any) -> dict[str, Any]:
    """What the search found, filled in."""
    asked = {name: request.GET.get(name) for name in ScopeForm.base_fields}
    return {**asked, "kinds": request.GET.getlist("kinds")}


def named_in(form: ScopeForm) -> Named:
    """What the form names, of the open workspace."""
    asked = form.cleaned_data
    return Named(
        membership_ids=selectors.members_named(emails=asked["members"]),
        conversation_ids=selectors.conversations_named(
            public_ids=asked["conversations"]
        ),
        project_ids=selectors.things_named(
            kind=ScopeKind.PROJECT, public_ids=asked["projects"]
        ),
        gpt_ids=selectors.things_named(kind=ScopeKind.GPT, public_ids=asked["gpts"]),
        narrowing=form.narrowing,
    )


def _preview(request: Any, named: Named) -> dict[str, Any]:
    if not named:
        raise services.HoldCoversNothing(
            _("Name at least one member or conversation of this workspace.")
        )
    counted = counting.would_cover(workspace_id=request.workspace.id, named=named)
    owners = {*named.membership_ids, *(share.owner_id for share in counted.shares)}
    rows = members.by_id(ids=owners)
    names = {pk: row.name or row.email for pk, row in rows.items()}
    return {
        "figures": showing.figures(counted),
        "table": showing.table(counted, names=names, custodians=named.membership_ids),
        "covered": showing.conversations(counted.conversations),
    }


def _place(request: Any, form: HoldForm, named: Named, *, at: datetime) -> HttpResponse:
    placed = services.place(
        actor=request.actor,
        workspace=request.workspace,
        matter=form.text.name,
        reference=form.text.reference,
        description=form.text.description,
        membership_ids=named.membership_ids,
        conversation_ids=named.conversation_ids,
        project_ids=named.project_ids,
        gpt_ids=named.gpt_ids,
        narrowing=named.narrowing,
        at=at,
    )
    messages.success(
        request, _("The hold is in force. Nothing that it covers is purged.")
    )
    return redirect(link(request, "retention:hold", hold=placed.public_id))


def _add(request: Any, view: Any, named: Named, *, at: datetime) -> HttpResponse:
    number = services.add(
        actor=request.actor,
        workspace=request.workspace,
        hold=view.hold,
        named=named,
        at=at,
    )
    messages.success(
        request,
        ngettext(
            "The hold names %(n)s thing more.",
            "The hold names %(n)s things more.",
            number,
        )
        % {"n": grouped(number)},
    )
    return redirect(link(request, "retention:hold", hold=view.hold.public_id))


def _editor(
    request: Any,
    view: Any,
    form: ScopeForm,
    *,
    counted: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        **_around(request, view, _("Let it cover more")),
        **(counted or {}),
    }
    return render(request, "retention/holds/add.html", context, status=status)


def _around(request: Any, view: Any, label: str) -> dict[str, Any]:
    return {
        "view": view,
        "hold_url": link(request, "retention:hold", hold=view.hold.public_id),
        "crumbs": crumbs(request, label, above=[(_("Holds"), "retention:holds")]),
    }
