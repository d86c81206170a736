"""The safeguards of a workspace: grace, second person, circuit breaker."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs, link
from retention.policies.safeguards import selectors, services
from retention.policies.safeguards.forms import SafeguardsForm
from retention.policies.safeguards.services import Wanted


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def safeguards(request: Any) -> HttpResponse:
    """What stands between a policy and a surprise."""
    return _page(request)


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_POST
def safeguards_set(request: Any) -> HttpResponse:
    """Set them all at once."""
    form = SafeguardsForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    values = dict(form.cleaned_data)
    reason = values.pop("reason")
    try:
        services.set_safeguards(
            actor=request.actor,
            workspace=request.workspace,
            wanted=Wanted(**values),
            reason=reason,
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form)
    messages.success(request, _("The safeguards are set."))
    return redirect(link(request, "retention:safeguards"))


def _page(request: Any, form: SafeguardsForm | None = None) -> HttpResponse:
    now = services.as_wanted(selectors.protection(workspace=request.workspace))
    context = {
        "form": form or SafeguardsForm(initial=asdict(now)),
        "can_set": request.actor.may(Permission.WORKSPACE_MANAGE),
        "facts": _facts(now),
        "set_url": link(request, "retention:safeguards-set"),
        "crumbs": crumbs(
            request, _("Safeguards"), above=[(_("Policies"), "retention:policies")]
        ),
    }
    return render(
        request,
        "retention/policies/safeguards/page.html",
        context,
        status=422 if form else 200,
    )


def _facts(now: Wanted) -> list[dict[str, Any]]:
    labels = SafeguardsForm().fields
    units = {
        "grace_hours": _("%s h"),
        "approval_percent": _("%s percent of what is stored"),
        "approval_number": _("%s conversations"),
        "breaker_factor": _("%s times the usual"),
        "breaker_percent": _("%s percent of what is stored"),
        "breaker_minimum": _("%s conversations"),
    }
    return [
        {
            "name": labels[name].label,
            "value": unit % f"{value:,}" if value is not None else _("off"),
        }
        for name, unit in units.items()
        for value in [getattr(now, name)]
    ]
