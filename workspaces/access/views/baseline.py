"""Changes what the workspace gives to everybody who has no role that says otherwise."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import rules, selectors, services
from workspaces.access.effects import State
from workspaces.access.features import Feature
from workspaces.access.forms import SettingsForm
from workspaces.access.views import confirming, showing


@guard.requires(Permission.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def baseline(request: Any) -> HttpResponse:
    """The form, the difference, and the saving."""
    state = selectors.state(workspace=request.workspace)
    context = _context(request, state)
    if request.method != "POST":
        return confirming.edit(request, form=_form(state), context=context)
    form = _form(state, request.POST)
    if not form.is_valid():
        return confirming.edit(request, form=form, context=context, status=422)
    step = confirming.step_of(request)
    if step == confirming.EDIT:
        return confirming.edit(request, form=form, context=context)
    if step == confirming.SAVE:
        return _save(request, state, form, context)
    rows = showing.changes(
        selectors.crowds(workspace=request.workspace),
        before=state,
        after=state.with_baseline(form.set_values()),
        was=dict(state.baseline),
        becomes={**state.baseline, **form.values()},
    )
    return confirming.difference(request, form=form, rows=rows, context=context)


def _save(
    request: Any, state: State, form: SettingsForm, context: dict[str, Any]
) -> HttpResponse:
    try:
        services.set_baseline(
            actor=request.actor,
            workspace=request.workspace,
            values=form.set_values(),
            seen=request.POST.get("seen", ""),
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return confirming.edit(
            request, form=form, context=context, status=refusal.status
        )
    share = Feature.GPTS_SHARE
    becomes = form.values().get(share)
    return confirming.saved(
        request,
        usual=showing.url(request, "access-matrix"),
        share=(state.baseline[share], becomes) if becomes is not None else None,
    )


def _form(state: State, sent: Any = None) -> SettingsForm:
    return SettingsForm(sent, plan=state.plan, said=state.baseline)


def _context(request: Any, state: State) -> dict[str, Any]:
    return {
        "title": _("What the workspace gives"),
        "value_label": _("Everybody has"),
        "text": _(
            "Everybody has this whose roles do not say otherwise. A role that says "
            "Default gives it, too."
        ),
        "seen": rules.mark(state.baseline),
        "back_url": showing.url(request, "access-matrix"),
        "crumbs": showing.crumbs(request, _("What the workspace gives")),
    }
