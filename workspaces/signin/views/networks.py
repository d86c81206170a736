"""The two lists of networks from which people and keys may come."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from workspaces.signin.forms import NetworksForm
from workspaces.signin.services import allowed_networks
from workspaces.signin.services.allowed_networks import Lists


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def networks(request: Any) -> HttpResponse:
    """Both lists in one form; locking oneself out takes a second, explicit step."""
    now = allowed_networks.current()
    initial = {"portal": "\n".join(now.portal), "api": "\n".join(now.api)}
    form = NetworksForm(
        request.POST if request.method == "POST" else None, initial=initial
    )
    locks_out = False
    if form.is_bound and form.is_valid():
        try:
            if _save(request, form):
                messages.success(request, _("The lists are in force."))
                return redirect(request.path)
        except allowed_networks.WouldLockOut as refusal:
            form.add_error("portal", str(refusal))
            locks_out = True
    context = {
        "form": form,
        "locks_out": locks_out,
        "address": request.META.get("REMOTE_ADDR", ""),
        "crumbs": [{"label": request.organization.name}, {"label": _("Networks")}],
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/signin/networks.html", context, status=status)


def _save(request: Any, form: NetworksForm) -> bool:
    """Whether both lists could be read, and are saved."""
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("portal", "api"):
        try:
            lists[name] = allowed_networks.read(form.cleaned_data[name])
        except allowed_networks.BadLine as bad:
            form.add_error(name, str(bad))
    if form.errors:
        return False
    allowed_networks.change(
        actor=request.actor,
        organization=request.organization,
        wanted=Lists(**lists),
        ip=request.META.get("REMOTE_ADDR", ""),
        means_it=form.cleaned_data["means_it"],
        at=clock.now(),
    )
    return True
