"""The policy of a workspace: what is in force, its editor with preview, its history."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs
from retention.policies import selectors, services, showing
from retention.policies.forms import PolicyForm
from retention.policies.models import Policy
from retention.policies.previews import preview
from retention.policies.selectors import Standing
from workspaces.members import selectors as members
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter

QUICK_DAYS = (30, 90, 180, 365)


@guard.requires(Permission.POLICIES_VIEW)
@require_http_methods(["GET", "HEAD"])
def policies(request: Any) -> HttpResponse:
    """The policy in force; with values in the address, what they would do."""
    at = clock.now()
    standing = selectors.standing(workspace=request.workspace, at=at)
    initial = {"days": standing.days, "undo_days": standing.undo_days}
    is_draft = "undo_days" in request.GET
    form = PolicyForm(request.GET if is_draft else None, initial=initial)
    return render(
        request,
        "retention/policies/editor.html",
        _context(request, form, standing, at),
    )


@guard.requires(Permission.POLICIES_MANAGE)
@require_http_methods(["POST"])
def policy_set(request: Any) -> HttpResponse:
    """Apply the draft after its name was typed; the page says what follows."""
    at = clock.now()
    standing = selectors.standing(workspace=request.workspace, at=at)
    form = PolicyForm(request.POST)
    error = _confirmation_error(request, form)
    if form.is_valid() and not error:
        try:
            policy = services.set_policy(
                actor=request.actor,
                workspace=request.workspace,
                days=form.cleaned_data["days"],
                undo_days=form.cleaned_data["undo_days"],
                reason=form.cleaned_data["reason"],
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _applied(policy, at))
            return redirect(_url(request, "retention:policies"))
    context = _context(request, form, standing, at) | {
        "error": error,
        "typed": request.POST.get("typed_name", ""),
    }
    return render(request, "retention/policies/editor.html", context, status=422)


def _context(
    request: Any, form: PolicyForm, standing: Standing, at: datetime
) -> dict[str, Any]:
    workspace = request.workspace
    setter = plans.of(workspace.plan).retention_setter
    versions = selectors.versions_of(workspace=workspace)
    context: dict[str, Any] = {
        "crumbs": crumbs(request, _("Policies")),
        "form": form,
        "standing": standing,
        "sentence": showing.standing_sentence(standing, now=at),
        "versions": _history(versions),
        "now": at,
        "quick": [
            {
                "label": str(days),
                "url": f"?days={days}&undo_days={standing.undo_days}",
                "chosen": str(days) == str(form["days"].value()),
            }
            for days in QUICK_DAYS
        ],
        "members_decide": setter is RetentionSetter.MEMBER,
        "is_fixed": setter is RetentionSetter.FIXED,
        "protections": showing.protections(
            grace=selectors.grace_of(workspace=workspace), undo_days=standing.undo_days
        ),
        "news": showing.in_force_just_now(standing, now=at)
        if request.actor.may(Permission.SWEEPS_VIEW)
        else "",
        "watch_url": _url(request, "retention:sweep-after-policy"),
        "can_manage": request.actor.may(Permission.POLICIES_MANAGE),
        "policy_url": _url(request, "retention:policies"),
        "set_url": _url(request, "retention:policy-set"),
    }
    if form.is_bound and form.is_valid() and setter is RetentionSetter.ADMINS:
        context |= _preview_context(request, form, standing, at, len(versions) + 1)
    return context


def _preview_context(
    request: Any, form: PolicyForm, standing: Standing, at: datetime, number: int
) -> dict[str, Any]:
    days, undo_days = form.cleaned_data["days"], form.cleaned_data["undo_days"]
    found = preview(workspace=request.workspace, days=days, undo_days=undo_days, at=at)
    return {
        "preview": found,
        "number": number,
        "figures": showing.figures(found, standing),
        "chart": showing.weeks_chart(found, number=number, today=standing.version),
        "when": showing.when_bar(found, undo_days=undo_days, at=at),
        "consequence": showing.consequence(found, undo_days=undo_days, now=at),
        "changes": (days, undo_days) != (standing.days, standing.undo_days),
        "kept_for": showing.kept_for(days),
        "draft": {"days": form["days"].value(), "undo_days": undo_days},
    }


def _history(versions: list[Policy]) -> list[dict[str, Any]]:
    people = members.names_of(people=[v.set_by for v in versions])
    return [
        {
            "version": version.version,
            "days": showing.kept_for(version.days),
            "undo_days": version.undo_days,
            "set_at": version.set_at,
            "in_force_at": version.in_force_at,
            "set_by": people.get(version.set_by, _("the operator")),
        }
        for version in versions
    ]


def _confirmation_error(request: Any, form: PolicyForm) -> str:
    slug: str = request.workspace.slug
    if request.POST.get("typed_name", "").strip() != slug:
        return _("Type %s exactly; nothing was changed.") % slug
    if form.is_valid() and not form.cleaned_data["reason"].strip():
        return _("Say why, in a few words; nothing was changed.")
    return ""


def _applied(policy: Policy, at: datetime) -> str:
    if policy.in_force_at > at:
        return _("Version %s takes force after the grace period.") % policy.version
    return _("Version %s is in force.") % policy.version


def _url(request: Any, name: str) -> str:
    return reverse(name, kwargs={"workspace": request.workspace.slug})
