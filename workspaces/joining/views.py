"""Join requests: a person asks on their own pages, admins answer on the workspace's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard, scoping
from kit.permissions import Permission
from workspaces.joining import selectors, services
from workspaces.joining.forms import RefuseForm, SwitchForm
from workspaces.joining.models import JoinState
from workspaces.members import standing

STATES = {
    JoinState.PENDING: _lazy("Waiting"),
    JoinState.APPROVED: _lazy("Approved"),
    JoinState.REFUSED: _lazy("Refused"),
}


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def joining_list(request: Any) -> HttpResponse:
    """Who asked to join, by where their request stands."""
    state = request.GET.get("state", JoinState.PENDING)
    if state not in JoinState.values:
        state = JoinState.PENDING
    page = selectors.page(state=state, after=request.GET.get("after"))
    here = f"?state={state}&after="
    takes = selectors.takes_requests(workspace_id=request.workspace.id)
    context = {
        "rows": page.rows,
        "state": state,
        "is_pending": state == JoinState.PENDING,
        "options": [
            {"label": label, "url": f"?state={one.value}", "chosen": one == state}
            for one, label in STATES.items()
        ],
        "now": clock.now(),
        "next_url": page.next and f"{here}{page.next}",
        "previous_url": page.previous and f"{here}{page.previous}",
        "takes": takes,
        "form": SwitchForm(initial={"takes_requests": takes}),
        "refuse_form": RefuseForm(),
        "can": request.actor.may(Permission.MEMBERS_MANAGE),
        "can_switch": request.actor.may(Permission.WORKSPACE_MANAGE),
        "crumbs": _crumbs(request),
    }
    return render(request, "workspaces/joining/list.html", context)


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_POST
def joining_switch(request: Any) -> HttpResponse:
    """Let people ask, or no longer."""
    form = SwitchForm(request.POST)
    takes = form.is_valid() and form.cleaned_data["takes_requests"]
    services.switch(
        actor=request.actor,
        workspace=request.workspace,
        takes_requests=takes,
        at=clock.now(),
    )
    said = _("People may ask to join now.") if takes else _("Nobody may ask any more.")
    messages.success(request, said)
    return redirect(_url(request))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def joining_approve(request: Any, asking: UUID) -> HttpResponse:
    """Let somebody in who asked."""
    row = services.approve(
        actor=request.actor,
        workspace=request.workspace,
        asking=asking,
        at=clock.now(),
    )
    messages.success(request, _("%s is a member now, and is told by mail.") % row.email)
    return redirect(_url(request))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def joining_refuse(request: Any, asking: UUID) -> HttpResponse:
    """Say no, with a reason."""
    selectors.one(asking=asking)  # who may not see it learns nothing of its form
    form = RefuseForm(request.POST)
    row = services.refuse(
        actor=request.actor,
        workspace=request.workspace,
        asking=asking,
        reason=form.cleaned_data["reason"] if form.is_valid() else "",
        at=clock.now(),
    )
    messages.success(request, _("%s is told by mail.") % row.email)
    return redirect(_url(request))


@guard.signed_in
@require_safe
def my_workspaces(request: Any) -> HttpResponse:
    """Where I could ask to join, and what became of my requests."""
    organization_id = _organization(request)
    with scoping.organization(organization_id=organization_id):
        doors = selectors.doors(user=request.user, organization_id=organization_id)
    context = {
        "doors": [
            {
                "name": door.workspace.name,
                "id": door.workspace.public_id,
                "is_member": door.is_member,
                "asked": door.asked,
                "may_ask": not door.is_member
                and (door.asked is None or door.asked.state != JoinState.PENDING),
            }
            for door in doors
        ],
        "now": clock.now(),
    }
    return render(request, "workspaces/joining/mine.html", context)


@guard.signed_in
@require_POST
def joining_ask(request: Any, place: UUID) -> HttpResponse:
    """Ask to join one of them."""
    services.ask(
        actor=request.actor,
        organization_id=_organization(request),
        place=place,
        user=request.user,
        at=clock.now(),
    )
    messages.success(request, _("You have asked; the answer comes by mail."))
    return redirect("workspaces:my-workspaces")


def _organization(request: Any) -> int:
    return int(request.session.get(standing.ORGANIZATION, standing.INSTALLATION))


def _url(request: Any) -> str:
    here = {"workspace": request.workspace.slug}
    return reverse("workspaces:joining-list", kwargs=here)


def _crumbs(request: Any) -> list[dict[str, str]]:
    workspace = request.workspace
    here = {"workspace": workspace.slug}
    return [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": reverse("workspaces:overview", kwargs=here)},
        {
            "label": _("Members"),
            "url": reverse("workspaces:members-list", kwargs=here),
        },
        {"label": _("Join requests")},
    ]
