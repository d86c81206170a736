"""The workspaces of an organization, and opening another."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.formatting import day
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.settings import selectors, services
from workspaces.settings.forms import OpenForm
from workspaces.tenancy.models import Workspace
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
        "rows": [_row(one, slugs) for one in selectors.of_organization()],
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


def _row(one: Workspace, slugs: set[str]) -> dict[str, Any]:
    names = {"workspace": one.slug}
    return {
        "name": one.name,
        "slug": one.slug,
        "plan": LABELS[Plan(one.plan)],
        "since": day(one.created_at),
        "url": reverse("workspaces:overview", kwargs=names)
        if one.slug in slugs
        else "",
    }


def _url(request: Any, act: str) -> str:
    return reverse(
        f"workspaces:workspaces-{act}",
        kwargs={"organization": request.organization.slug},
    )
