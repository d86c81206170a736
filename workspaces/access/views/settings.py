"""Changes what a custom role says of each feature, and what it grants."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import rules, selectors, services
from workspaces.access.effects import State
from workspaces.access.features import Feature, Value
from workspaces.access.forms import SettingsForm
from workspaces.access.models import CustomRole
from workspaces.access.views import confirming, showing


@guard.requires(Permission.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Any, role: UUID) -> HttpResponse:
    """The form, the difference, and the saving."""
    found = selectors.one(role=role)
    state = selectors.state(workspace=request.workspace)
    context = _context(request, found, state)
    if request.method != "POST":
        return confirming.edit(request, form=_form(state, found), context=context)
    form = _form(state, found, request.POST)
    if not form.is_valid():
        return confirming.edit(request, form=form, context=context, status=422)
    step = confirming.step_of(request)
    if step == confirming.EDIT:
        return confirming.edit(request, form=form, context=context)
    if step == confirming.SAVE:
        return _save(request, found, state, form, context)
    rows = _rows(request, found, state, form)
    return confirming.difference(request, form=form, rows=rows, context=context)


def _rows(
    request: Any, role: CustomRole, before: State, form: SettingsForm
) -> list[dict[str, Any]]:
    crowds = selectors.crowds(workspace=request.workspace)
    said, granted = before.said[role.pk], before.grants.get(role.pk, frozenset())
    becomes: dict[Feature, Value | None] = {**said, **form.values()}
    after = before.with_role(
        role.pk,
        said={one: value for one, value in becomes.items() if value is not None},
        grants=form.granted(),
    )
    return showing.changes(
        crowds, before=before, after=after, was=dict(said), becomes=becomes
    ) + showing.granted(
        crowds, before=before, after=after, was=granted, becomes=form.granted()
    )


def _save(
    request: Any,
    role: CustomRole,
    state: State,
    form: SettingsForm,
    context: dict[str, Any],
) -> HttpResponse:
    try:
        services.set_role(
            actor=request.actor,
            workspace=request.workspace,
            role=role.public_id,
            values=form.values(),
            grants=form.granted(),
            seen=request.POST.get("seen", ""),
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return confirming.edit(
            request, form=form, context=context, status=refusal.status
        )
    share, values = Feature.GPTS_SHARE, form.values()
    before = state.said[role.pk].get(share) or state.baseline[share]
    after = values.get(share) or state.baseline[share]
    return confirming.saved(
        request,
        usual=showing.url(request, "access-role", role=role.public_id),
        share=(before, after) if share in values else None,
    )


def _form(state: State, role: CustomRole, sent: Any = None) -> SettingsForm:
    return SettingsForm(
        sent,
        plan=state.plan,
        said=state.said[role.pk],
        baseline=state.baseline,
        grants=state.grants.get(role.pk, frozenset()),
    )


def _context(request: Any, role: CustomRole, state: State) -> dict[str, Any]:
    return {
        "title": role.name,
        "value_label": _("The role says"),
        "text": _(
            "Default leaves a setting to the workspace. Off takes nothing from people "
            "to whom another of their roles gives it."
        ),
        "seen": rules.mark(state.said[role.pk], state.grants.get(role.pk, frozenset())),
        "back_url": showing.url(request, "access-role", role=role.public_id),
        "crumbs": showing.crumbs(request, _("Settings"), role=role),
    }
