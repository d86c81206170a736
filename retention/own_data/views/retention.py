"""On Team: how long the person's own conversations are kept, counted before set."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, content_kinds, guard
from kit.content_kinds import Governed
from kit.refusals import Refused
from retention.eligibility import scopes
from retention.eligibility.scopes import CONVERSATIONS
from retention.own_data import showing
from retention.own_data.forms import OwnRetentionForm
from retention.own_data.views.access import (
    actor_of,
    chosen,
    home,
    members_decide,
    scope_of,
    standing_of,
    with_refusals,
)
from retention.policies import previews, wording
from retention.policies import services as policies
from retention.policies import showing as policy_showing
from workspaces.tenancy.selectors import Access


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@with_refusals
def my_retention(request: Any) -> HttpResponse:
    """On Team: how long the person's own conversations are kept, counted before set."""
    if not request.accesses:
        raise Http404
    at = clock.now()
    access = chosen(request)
    asked = request.POST if request.method == "POST" else request.GET
    form = OwnRetentionForm(asked if "days" in asked else None, kind=_kind())
    with scope_of(access):
        if request.method == "POST" and form.is_bound and form.is_valid():
            try:
                _set_own_policy(request, access, form, at)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect(home(access))
        context = _retention(access, form, at)
    status = 422 if request.method == "POST" else 200
    return render(request, "retention/own_data/retention.html", context, status=status)


def _retention(access: Access, form: OwnRetentionForm, at: datetime) -> dict[str, Any]:
    standing = standing_of(access, at)
    context: dict[str, Any] = {
        "access": access,
        "form": form,
        "now_kept": wording.kept_for(standing.days),
        "members_decide": members_decide(access),
        "back_url": home(access),
    }
    if not (form.is_bound and form.is_valid() and members_decide(access)):
        return context
    days = form.cleaned_data["days"]
    found = previews.preview(
        workspace=access.workspace,
        days=days,
        scope=scopes.member(access.membership_id),
        at=at,
    )
    return context | {
        "figures": showing.preview_figures(found),
        "consequence": policy_showing.consequence(
            found,
            kind=_kind(),
            undo_days=standing.undo_days,
            now=at,
        ),
        "changes": days != standing.days,
        "days": form["days"].value(),
        "kept_for": wording.kept_for(days),
    }


def _kind() -> Governed:
    """Members set it for conversations alone."""
    return content_kinds.governed_named(CONVERSATIONS)


def _set_own_policy(
    request: Any, access: Access, form: OwnRetentionForm, at: datetime
) -> None:
    if not members_decide(access):
        raise policies.AdminsDecideHere(
            _("On this plan owners and admins set retention for everyone.")
        )
    policy = policies.set_policy(
        actor=actor_of(request, access),
        workspace=access.workspace,
        days=form.cleaned_data["days"],
        scope=scopes.member(access.membership_id),
        at=at,
    )
    kept = wording.kept_for(policy.days)
    messages.success(request, _("Yours are kept %s from now on.") % kept)
