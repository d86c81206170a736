"""Which owners may enter without the identity provider; named and unnamed here."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import standing
from workspaces.signin import selectors, tasks
from workspaces.signin.selectors import Keyholder
from workspaces.signin.services import keyholders

# Whoever finds an open browser must not name themselves a way back in.
_FRESH = timedelta(minutes=30)


class SignInAgain(Refused):
    """The session is too old for this."""

    status = 403


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_safe
def break_glass_owners(request: Any) -> HttpResponse:
    """Every owner, and how far they are."""
    holders = selectors.keyholders()
    context = {
        "holders": [_row(request, one) for one in holders],
        "is_safe": any(one.is_ready for one in holders),
        "now": clock.now(),
        "crumbs": [{"label": request.organization.name}, {"label": _("Break-glass")}],
    }
    return render(request, "workspaces/signin/owners.html", context)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def break_glass_owner(request: Any, person: UUID) -> HttpResponse:
    """Name an owner, send them a new code, or take the name off."""
    at = clock.now()
    _demand_fresh(request)
    named = {
        "actor": request.actor,
        "organization": request.organization,
        "person": person,
        "at": at,
    }
    act = request.POST.get("act", "")
    if act == "unname":
        keyholders.unname(**named)
        messages.success(request, _("The name is taken off."))
    elif act == "send":
        keyholders.send_again(**named)
        messages.success(request, _("A new code is on its way to them."))
    else:
        keyholders.name(**named)
        messages.success(
            request,
            _("Named. A code is on its way, with which they set password and app."),
        )
    if act != "unname":
        tasks.ring()
    return redirect(_url(request))


def _demand_fresh(request: Any) -> None:
    held = standing.held(request.session)
    row = held and selectors.session(sign_in=held.sign_in)
    if not row or row.began_at < clock.now() - _FRESH:
        raise SignInAgain(
            _(
                "This can only be done within half an hour of signing in. Sign out, "
                "sign in again, and repeat it."
            )
        )


def _row(request: Any, holder: Keyholder) -> dict[str, Any]:
    kind, word = "off", _("Not named")
    if holder.is_ready:
        kind, word = "ok", _("Ready")
    elif holder.named:
        kind, word = "wait", _("Has not set it up yet")
    return {
        "name": holder.user.name or holder.user.email.partition("@")[0],
        "email": holder.user.email,
        "is_named": holder.named is not None,
        "is_operator": holder.user.is_operator,
        "status_kind": kind,
        "status_word": word,
        "last_used_at": holder.named and holder.named.last_used_at,
        "url": reverse(
            "workspaces:break-glass-owner",
            kwargs={
                "organization": request.organization.slug,
                "person": holder.user.public_id,
            },
        ),
    }


def _url(request: Any) -> str:
    return reverse(
        "workspaces:break-glass-owners",
        kwargs={"organization": request.organization.slug},
    )
