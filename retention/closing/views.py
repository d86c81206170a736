"""Closing a workspace: what it takes along, how far it is, and its certificate."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.closing import issuing, selectors, services, showing
from retention.closing.models import Closing, ClosingState
from retention.holds import selectors as holds
from retention.holds.services.storing import scope
from workspaces.members import selectors as members
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef


class NameIsNotTyped(Refused):
    """The person types what goes."""

    status = 422


@guard.requires(Permission.WORKSPACES_CLOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_close(request: Any, closable: UUID) -> HttpResponse:
    """What closing takes along; typing the name asks for it. Then how far it is."""
    workspace = _workspace(closable)
    error, status = "", 200
    if request.method == "POST":
        try:
            _ask(request, workspace)
        except Refused as refusal:
            error, status = str(refusal), refusal.status
        else:
            return redirect(request.path)
    with scope(workspace):
        found = selectors.newest()
        context = (
            _state(request, found, workspace) if found else _preview(request, workspace)
        )
    context |= {
        "name": workspace.name,
        "error": error,
        "list_url": _list_url(request),
        "crumbs": [
            {"label": request.organization.name},
            {"label": _("Workspaces"), "url": _list_url(request)},
            {"label": _("Close a workspace")},
        ],
    }
    return render(request, "retention/closing/page.html", context, status=status)


@guard.requires(Permission.WORKSPACES_CLOSE)
@require_POST
def workspace_keep(request: Any, closable: UUID) -> HttpResponse:
    """Takes a closing back while its grace lasts."""
    services.undo(actor=request.actor, workspace=_workspace(closable), at=clock.now())
    messages.success(request, _("The workspace is kept."))
    return redirect(_url(request, "workspace-close", closable))


@guard.requires(Permission.WORKSPACES_CLOSE)
@require_safe
def closing_certificate(_request: Any, closable: UUID) -> HttpResponse:
    """The signed certificate of a closing that is complete; 404 before."""
    workspace = _workspace(closable)
    with scope(workspace):
        found = selectors.newest()
        key_at = selectors.key_destroyed_at(workspace=workspace)
    if found is None or key_at is None or found.state != ClosingState.CLOSED:
        raise Http404
    signed = issuing.of_closed(found, workspace=workspace, key_destroyed_at=key_at)
    name = f"custos-closing-{workspace.public_id}.json"
    return HttpResponse(
        signed.file,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _ask(request: Any, workspace: WorkspaceRef) -> None:
    if request.POST.get("typed_name", "").strip() != workspace.name:
        raise NameIsNotTyped(_("Type the name exactly; nothing was changed."))
    services.request(
        actor=request.actor,
        workspace=workspace,
        reason=request.POST.get("reason", ""),
        at=clock.now(),
    )


def _preview(request: Any, workspace: WorkspaceRef) -> dict[str, Any]:
    at = clock.now()
    found = selectors.stored(workspace=workspace, at=at)
    matters = holds.matters_in_force(at=at)
    undo_days = plans.of(workspace.plan).default_undo_days
    return {
        "rows": showing.rows(found),
        "ends": showing.ends(selectors.ends(workspace=workspace, at=at)),
        "bar": showing.when_bar(at=at, undo_days=undo_days),
        "in_the_way": showing.in_the_way(found, matters=matters),
        "typed": request.POST.get("typed_name", ""),
        "reason": request.POST.get("reason", ""),
        "action_url": request.path,
    }


def _state(request: Any, closing: Closing, workspace: WorkspaceRef) -> dict[str, Any]:
    at, closable = clock.now(), workspace.public_id
    matters = holds.matters_in_force(at=at)
    left = showing.rows(selectors.stored(workspace=workspace, at=at))
    people = members.names_of(people=[closing.requested_by])
    return {
        "closing": closing,
        "status": showing.status(closing, matters=matters),
        "sentence": showing.sentence(closing, matters=matters, left=left),
        "facts": showing.facts(
            closing,
            by=people.get(closing.requested_by, _("an owner of the organization")),
            reason=selectors.reason_of(closing=closing),
            key_at=selectors.key_destroyed_at(workspace=workspace),
            now=at,
        ),
        "rows": showing.counted(closing),
        "left": left,
        "may_keep": closing.state == ClosingState.GRACE,
        "keep_url": _url(request, "workspace-keep", closable),
        "certificate_url": _url(request, "closing-certificate", closable)
        if closing.state == ClosingState.CLOSED
        else "",
    }


def _workspace(public_id: UUID) -> WorkspaceRef:
    try:
        return selectors.workspace_of(public_id=public_id)
    except selectors.NoSuchWorkspace as unknown:
        raise Http404 from unknown


def _list_url(request: Any) -> str:
    slug = request.organization.slug
    return reverse("workspaces:workspaces-list", kwargs={"organization": slug})


def _url(request: Any, name: str, closable: UUID) -> str:
    names = {"organization": request.organization.slug, "closable": closable}
    return reverse(f"retention:{name}", kwargs=names)
