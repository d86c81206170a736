"""What opens incidents in an organization, and from when on."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.explorer.pages import Pages
from audit.incidents import selectors, services, showing
from audit.incidents.forms import RuleForm
from audit.incidents.kinds import SAID
from audit.incidents.rules import Kind
from audit.incidents.selectors import Setting
from audit.log.selectors import log_of
from kit import clock, guard
from kit.permissions import Permission


@guard.requires(Permission.INCIDENTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: Any) -> HttpResponse:
    """Every rule with its threshold; one at a time is saved."""
    pages = Pages.of(request)
    asked = request.POST.get("kind", "")
    posted = Kind(asked) if asked in list(Kind) else None
    form = RuleForm(request.POST, auto_id=f"{asked}-%s")
    if request.method == "POST":
        request.actor.require(Permission.INCIDENTS_MANAGE)
        if posted and form.is_valid():
            is_changed = services.change_rule(
                actor=request.actor,
                log=log_of(organization_id=pages.organization_id),
                kind=posted,
                at=clock.now(),
                **form.cleaned_data,
            )
            if is_changed:
                messages.success(request, _("The rule is changed."))
            else:
                messages.info(request, _("That is how the rule is; nothing changed."))
            return redirect(showing.url(pages, "incident-rules"))
    refused = request.method == "POST"
    context = {
        "rules": [
            _rule(setting, form if posted is setting.rule.kind else None)
            for setting in selectors.settings()
        ],
        "can_manage": request.actor.may(Permission.INCIDENTS_MANAGE),
        "refusal": _("Nothing was changed: look at the red lines.") if refused else "",
        "crumbs": showing.crumbs(pages, _("Rules")),
    }
    status = 422 if refused else 200
    return render(request, "audit/incidents/rules.html", context, status=status)


def _rule(setting: Setting, posted: RuleForm | None) -> dict[str, Any]:
    kind = setting.rule.kind
    values = {
        "is_on": setting.is_on,
        "threshold": setting.rule.threshold,
        "minutes": setting.rule.minutes,
    }
    return {
        "kind": kind.value,
        "name": SAID[kind].name,
        "is_on": setting.is_on,
        "sentence": showing.rule_sentence(setting),
        "form": posted or RuleForm(initial=values, auto_id=f"{kind.value}-%s"),
    }
