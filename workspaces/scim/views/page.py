"""The page on which admins set provisioning up and see what it does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.groups import selectors as groups
from workspaces.groups import services as group_services
from workspaces.keys.models import TokenScope
from workspaces.keys.services import scim_tokens
from workspaces.scim.forms import RoleForm, SwitchesForm, TokenForm
from workspaces.scim.services import conflicts, switches, trying
from workspaces.scim.services.serving import Caller
from workspaces.scim.views import showing


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_GET
def scim(request: Any) -> HttpResponse:
    """How provisioning stands, and everything that sets it up."""
    return _page(request, at=clock.now())


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_POST
def token_issue(request: Any) -> HttpResponse:
    """A new token, shown on this one answer."""
    at, form = clock.now(), TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, at=at, token_form=form, status=422)
    asked = form.cleaned_data
    try:
        issued = scim_tokens.issue(
            actor=request.actor,
            workspace=request.workspace,
            days=asked["days"],
            scope=asked["scope"],
            allowed_networks=asked["networks"],
            at=at,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, at=at, token_form=form, status=refusal.status)
    return _page(request, at=at, secret=issued.secret)


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_POST
def token_rotate(request: Any, token: UUID) -> HttpResponse:
    """A successor, shown once; the old one works on for a week."""
    at = clock.now()
    issued = scim_tokens.rotate(
        actor=request.actor, workspace=request.workspace, token=token, at=at
    )
    return _page(request, at=at, secret=issued.secret)


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_POST
def token_revoke(request: Any, token: UUID) -> HttpResponse:
    """End a token from the provider's next request on."""
    scim_tokens.revoke(
        actor=request.actor,
        workspace=request.workspace,
        token=token,
        at=clock.now(),
    )
    messages.success(request, _("The token is revoked."))
    return _back(request)


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_POST
def scim_test(request: Any) -> HttpResponse:
    """Ask what a provider asks first, and show what came of it."""
    at = clock.now()
    caller = Caller(
        actor=request.actor,
        workspace=request.workspace,
        scope=TokenScope.USERS_AND_GROUPS,
    )
    return _page(request, at=at, tried=trying.try_out(caller=caller, at=at))


@guard.requires(Permission.PROVISIONING_MANAGE)
@require_POST
def scim_retry(request: Any) -> HttpResponse:
    """Look again at users who are nobody here."""
    changed = conflicts.try_again(
        actor=request.actor, workspace=request.workspace, at=clock.now()
    )
    words = ngettext(
        "%d user was looked at again and changed.",
        "%d users were looked at again and changed.",
        changed,
    )
    messages.success(request, words % changed)
    return _back(request)


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def scim_switches(request: Any) -> HttpResponse:
    """Let the provider adopt members, and groups make owners, or not."""
    form = SwitchesForm(request.POST)
    asked = form.cleaned_data if form.is_valid() else {}
    switches.switch(
        actor=request.actor,
        workspace=request.workspace,
        adopts=bool(asked.get("adopts")),
        makes_owners=bool(asked.get("makes_owners")),
        at=clock.now(),
    )
    messages.success(request, _("Saved."))
    return _back(request)


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def scim_role(request: Any, group: UUID) -> HttpResponse:
    """Let a group give a role, or none."""
    found, form = groups.one(group=group), RoleForm(request.POST)
    role = form.cleaned_data["role"] if form.is_valid() else "?"
    asked: dict[str, Any] = {
        "actor": request.actor,
        "workspace": request.workspace,
        "group": found,
        "may_own": showing.settings().makes_owners,
        "at": clock.now(),
    }
    if role:
        group_services.give_role(**asked, role=role)
    else:
        group_services.take_role(**asked)
    messages.success(request, _("Saved; members of the group have their role now."))
    return _back(request)


def _page(
    request: Any,
    *,
    at: datetime,
    token_form: TokenForm | None = None,
    secret: str | None = None,
    tried: list[trying.Tried] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = showing.page(request, at=at) | {
        "token_form": token_form or TokenForm(),
        "secret": secret,
        "tried": tried,
    }
    response = render(request, "workspaces/scim/page.html", context, status=status)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


def _back(request: Any) -> HttpResponse:
    here = {"workspace": request.workspace.slug}
    return redirect(reverse("workspaces:scim-page", kwargs=here))
