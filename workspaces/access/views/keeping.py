"""Makes, renames and deletes custom roles."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors, services
from workspaces.access.forms import RoleForm
from workspaces.access.models import CustomRole
from workspaces.access.views import showing


@guard.requires(Permission.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Any) -> HttpResponse:
    """Name a new role; what it says is the next page."""
    form = RoleForm(request.POST or None)
    context = {
        "title": _("Make a custom role"),
        "button": _("Make the role"),
        "back_url": showing.url(request, "access-matrix"),
        "crumbs": showing.crumbs(request, _("New role")),
    }
    if request.method != "POST" or not form.is_valid():
        return _named(request, form, context)
    try:
        made = services.create(
            actor=request.actor,
            workspace=request.workspace,
            at=clock.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _named(request, form, context, status=refusal.status)
    return redirect(showing.url(request, "access-settings", role=made.public_id))


@guard.requires(Permission.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: Any, role: UUID) -> HttpResponse:
    """Give a role another name or purpose."""
    found = selectors.one(role=role)
    initial = {"name": found.name, "purpose": found.purpose}
    form = RoleForm(request.POST or None, initial=initial)
    back_url = showing.url(request, "access-role", role=role)
    context = {
        "title": _("Rename %s") % found.name,
        "button": _("Save the name"),
        "back_url": back_url,
        "crumbs": showing.crumbs(request, _("Rename"), role=found),
    }
    if request.method != "POST" or not form.is_valid():
        return _named(request, form, context)
    try:
        services.rename(
            actor=request.actor,
            workspace=request.workspace,
            role=role,
            at=clock.now(),
            **form.cleaned_data,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _named(request, form, context, status=refusal.status)
    messages.success(request, _("Saved."))
    return redirect(back_url)


@guard.requires(Permission.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Any, role: UUID) -> HttpResponse:
    """Delete a role, once its name was typed under what everybody loses."""
    found = selectors.one(role=role)
    typed = request.POST.get("typed_name", "")
    if request.method != "POST":
        return _deletion(request, found)
    if typed != found.name:
        error = _("That is not the name of the role; nothing was deleted.")
        return _deletion(request, found, error=error, typed=typed, status=422)
    services.delete(
        actor=request.actor, workspace=request.workspace, role=role, at=clock.now()
    )
    messages.success(request, _("“%s” is deleted.") % found.name)
    return redirect(showing.url(request, "access-matrix"))


def _named(
    request: Any, form: RoleForm, context: dict[str, Any], *, status: int = 0
) -> HttpResponse:
    shown = context | {"form": form}
    code = status or (422 if form.errors else 200)
    return render(request, "workspaces/access/name.html", shown, status=code)


def _deletion(
    request: Any,
    role: CustomRole,
    *,
    error: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    before = selectors.state(workspace=request.workspace)
    context = {
        "role": role,
        "rows": showing.consequences(
            selectors.crowds(workspace=request.workspace),
            before=before,
            after=before.without_role(role.pk),
        ),
        "error": error,
        "typed": typed,
        "action_url": request.path,
        "keep_url": showing.url(request, "access-role", role=role.public_id),
        "crumbs": showing.crumbs(request, _("Delete"), role=role),
    }
    return render(request, "workspaces/access/delete.html", context, status=status)
