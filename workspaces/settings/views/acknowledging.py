"""The policy text in front of a member, until they acknowledge it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from kit import clock, guard, scoping
from kit.refusals import Refused
from workspaces.members import acting
from workspaces.settings import selectors, services
from workspaces.settings.models import PolicyText
from workspaces.tenancy.selectors import Access

_MOST_DIGITS = 9


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def my_policy_text(request: Any) -> HttpResponse:
    """Read the text of one workspace, and acknowledge it."""
    access = _chosen(request)
    with scoping.workspace(
        workspace_id=access.workspace.id,
        organization_id=access.workspace.organization.id,
    ):
        text = selectors.current()
        if text is None:
            return redirect(_onward(request, access))
        error = ""
        if request.method == "POST":
            try:
                _acknowledge(request, access)
            except Refused as refusal:
                error = str(refusal)
            else:
                return redirect(_onward(request, access))
        return _page(request, access, text, error)


def _acknowledge(request: Any, access: Access) -> None:
    told = request.POST.get("version", "")
    is_number = told.isascii() and told.isdecimal() and len(told) <= _MOST_DIGITS
    services.acknowledge(
        actor=acting.in_workspace(
            user=request.user,
            access=access,
            ip=request.actor.ip,
            user_agent=request.actor.user_agent,
        ),
        workspace=access.workspace,
        member=access.membership_public_id,
        version=int(told) if is_number else 0,
        at=clock.now(),
    )


def _page(request: Any, access: Access, text: PolicyText, error: str) -> HttpResponse:
    context = {
        "access": access,
        "text": text,
        "paragraphs": text.text.split("\n\n"),
        "next_path": _asked(request, "next"),
        "error": error,
        "my_data_url": reverse("retention:my-data"),
    }
    name = "workspaces/settings/policy_text.html"
    return render(request, name, context, status=409 if error else 200)


def _chosen(request: Any) -> Access:
    slug = _asked(request, "in")
    found: list[Access] = [
        access for access in request.accesses if slug in ("", access.workspace.slug)
    ]
    if not found:
        raise Http404
    return found[0]


def _onward(request: Any, access: Access) -> str:
    """Where the person was going, if that is a page of this site."""
    path = _asked(request, "next")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(
        path, allowed_hosts=None
    )
    names = {"workspace": access.workspace.slug}
    return path if is_ours else reverse("workspaces:overview", kwargs=names)


def _asked(request: Any, name: str) -> str:
    return str(request.POST.get(name) or request.GET.get(name) or "")
