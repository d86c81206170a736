"""The workspaces of an organization, and opening another."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.formatting import day
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.settings import selectors, services
from workspaces.settings.forms import OpenForm
from workspaces.tenancy.models import Workspace, WorkspaceState
from workspaces.tenancy.plans import LABELS, Plan


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_safe
def workspaces_list(request: Any) -> HttpResponse:
    """Every workspace of the organization."""
    return _page(request, OpenForm(plans=selectors.plans_to_choose()))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def workspaces_open(request: Any) -> HttpResponse:
    """Open a workspace; the organization's owners become its owners."""
    form = OpenForm(request.POST, plans=selectors.plans_to_choose())
    if form.is_valid():
        try:
            services.open_workspace(
                actor=request.actor,
                organization=request.organization,
                at=clock.now(),
                **form.cleaned_data,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(_url(request, "list"))
    return _page(request, form)


def _page(request: Any, form: OpenForm) -> HttpResponse:
    slugs = {access.workspace.slug for access in request.accesses}
    context = {
        "rows": [_row(request, one, slugs) for one in selectors.of_organization()],
        "form": form,
        "can_open": request.actor.may(Permission.ORGANIZATION_MANAGE),
        "has_plans": bool(selectors.plans_to_choose()),
        "open_url": _url(request, "open"),
        "crumbs": [{"label": request.organization.name}, {"label": _("Workspaces")}],
    }
    return render(
        request,
        "workspaces/settings/workspaces.html",
        context,
        status=422 if form.errors else 200,
    )


_STATES = {
    WorkspaceState.CLOSING: ("wait", gettext_lazy("Closing")),
    WorkspaceState.EMPTYING: ("run", gettext_lazy("Being emptied")),
    WorkspaceState.CLOSED: ("off", gettext_lazy("Closed")),
}


def _row(request: Any, one: Workspace, slugs: set[str]) -> dict[str, Any]:
    names = {"workspace": one.slug}
    kind, word = _STATES.get(WorkspaceState(one.state), ("", ""))
    may_close = request.actor.may(Permission.WORKSPACES_CLOSE)
    organization = request.organization.slug
    return {
        "name": one.name,
        "slug": one.slug,
        "plan": LABELS[Plan(one.plan)],
        "since": day(one.created_at),
        "kind": kind,
        "word": word,
        "close_url": reverse(
            "retention:workspace-close",
            kwargs={"organization": organization, "closable": one.public_id},
        )
        if may_close
        else "",
        "url": reverse("workspaces:overview", kwargs=names)
        if one.slug in slugs
        else "",
    }


def _url(request: Any, act: str) -> str:
    return reverse(
        f"workspaces:workspaces-{act}",
        kwargs={"organization": request.organization.slug},
    )
