"""What those who govern see and do: every GPT, without what its owner wrote."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.permissions import Permission
from workspaces.gpts import governance, places, selectors, services
from workspaces.gpts.forms import FindForm, ReasonForm, ReassignForm
from workspaces.gpts.models import Gpt
from workspaces.gpts.showing import query


@guard.requires(Permission.GPTS_VIEW)
@require_safe
def gpts_governance(request: Any) -> HttpResponse:
    """How GPTs are shared here: figures, what waits, and the list of all."""
    where, form = places.of(request), FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    visibility = asked.get("visibility", "")
    only = bool(asked.get("unassigned"))
    page = selectors.page(
        visibility=visibility,
        only_unassigned=only,
        after=request.GET.get("after"),
    )
    kept = {"visibility": visibility, "unassigned": "on" if only else ""}
    context = {
        **governance.overview(where, workspace=request.workspace),
        "form": form,
        "is_filtered": bool(visibility or only),
        "chips": governance.chips(visibility=visibility, only_unassigned=only),
        "rows": governance.rows(where, page.rows),
        "can_manage": request.actor.may(Permission.GPTS_MANAGE),
        "now": clock.now(),
        "next_url": page.next and query(**kept, after=page.next),
        "previous_url": page.previous and query(**kept, after=page.previous),
        "crumbs": where.governed(),
    }
    return render(request, "workspaces/gpts/governance.html", context)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_public(request: Any) -> HttpResponse:
    """Let GPTs be shared with the public, after a review, or let none."""
    allows = request.POST.get("allows") == "on"
    services.set_public(
        actor=request.actor, workspace=request.workspace, allows=allows, at=clock.now()
    )
    sentence = _("No GPT is newly shared with the public.")
    if allows:
        sentence = _("GPTs can be shared with the public, after a review.")
    messages.success(request, sentence)
    return redirect(places.of(request).url("governance"))


@guard.requires(Permission.GPTS_VIEW)
@require_safe
def gpts_govern(request: Any, gpt: UUID) -> HttpResponse:
    """One GPT as those see it who govern."""
    return _page(request, gpt)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_unpublish(request: Any, gpt: UUID) -> HttpResponse:
    """Take it out of the lists and from the public."""
    done = _("The GPT is unpublished: only invited people and groups can use it.")
    return _acted(request, gpt, services.unpublish, done)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_isolate(request: Any, gpt: UUID) -> HttpResponse:
    """Leave it to its owner alone."""
    done = _("The GPT is isolated: only its owner can use it.")
    return _acted(request, gpt, services.isolate, done)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_reassign(request: Any, gpt: UUID) -> HttpResponse:
    """Give it to another member."""
    selectors.one(gpt=gpt)
    form = ReassignForm(request.POST)
    if not form.is_valid():
        return _page(request, gpt, form=form, status=422)
    services.reassign(
        actor=request.actor,
        workspace=request.workspace,
        gpt=gpt,
        member=selectors.active_member(email=form.cleaned_data["email"]).public_id,
        at=clock.now(),
    )
    messages.success(request, _("The GPT has a new owner."))
    return redirect(places.of(request).url("govern", gpt=gpt))


def _acted(request: Any, gpt: UUID, act: Callable[..., Gpt], done: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    act(
        actor=request.actor,
        workspace=request.workspace,
        gpt=gpt,
        reason=reason,
        at=clock.now(),
    )
    messages.success(request, done)
    return redirect(places.of(request).url("govern", gpt=gpt))


def _page(
    request: Any, gpt: UUID, *, form: ReassignForm | None = None, status: int = 200
) -> HttpResponse:
    where = places.of(request)
    row, at = selectors.one(gpt=gpt), clock.now()
    context = {
        **governance.one(where, row, at=at),
        "form": form or ReassignForm(),
        "can_manage": request.actor.may(Permission.GPTS_MANAGE),
        "now": at,
        "crumbs": where.governed((_("One GPT"), "")),
    }
    return render(request, "workspaces/gpts/govern.html", context, status=status)
