"""The policies of a workspace by scope and kind, and the editor with its preview."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import link, query
from retention.policies import editing, naming
from retention.policies import services as setting
from retention.policies.drafts import services as drafts
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.forms import PolicyForm
from retention.policies.naming import Place


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policies(request: Any) -> HttpResponse:
    """What is in force; with values in the address, what they would do."""
    if "find" in request.GET:
        return _find(request)
    where = _where(request.GET)
    form = editing.form(request, where, is_draft="undo_days" in request.GET)
    return _page(request, where, form)


@guard.requires(Permission.POLICIES_MANAGE)
@require_http_methods(["POST"])
def policy_set(request: Any) -> HttpResponse:
    """Keep the values as a draft, or send them: the draft's page says what follows."""
    where = _where(request.POST)
    form = PolicyForm(request.POST, kind=where.governed)
    is_kept = request.POST.get("intent") == "keep"
    error = "" if is_kept else editing.confirmation_error(request, where, form)
    if form.is_valid() and not error:
        act = drafts.draft if is_kept else drafts.apply
        try:
            draft = act(
                actor=request.actor,
                workspace=request.workspace,
                values=_values(request, where, form),
                at=clock.now(),
            )
        except setting.UnknownScope as unknown:
            raise Http404 from unknown
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _went(request, where, draft)
    return _page(request, where, form, error=error, status=422)


def _values(request: Any, where: Place, form: PolicyForm) -> Values:
    return Values(
        scope=where.scope,
        content_kind=where.content_kind,
        is_withdrawal=editing.withdraws(request, where),
        **form.cleaned_data,
    )


def _page(
    request: Any,
    where: Place,
    form: PolicyForm,
    *,
    error: str = "",
    missing: str = "",
    status: int = 200,
) -> HttpResponse:
    context = editing.context(request, where, form, at=clock.now()) | {
        "error": error,
        "missing": missing,
        "typed": request.POST.get("typed_name", ""),
    }
    return render(request, "retention/policies/editor.html", context, status=status)


def _find(request: Any) -> HttpResponse:
    """To the editor of whomever a person named."""
    kind, name = request.GET["find"], request.GET.get("name", "")
    where = _where({})
    try:
        of = naming.find(kind=kind, name=name)
    except Refused as refusal:
        form = editing.form(request, where, is_draft=False)
        return _page(request, where, form, missing=str(refusal), status=422)
    return redirect(link(request, "retention:policies") + query(scope=kind, of=of))


def _went(request: Any, where: Place, draft: PolicyDraft) -> HttpResponse:
    """To the policy where it is in force, otherwise to the draft that waits."""
    if draft.version is not None:
        messages.success(request, _("Version %s is in force.") % draft.version)
        return redirect(editing.url(request, where))
    return redirect(link(request, "retention:policy-draft", draft=draft.public_id))


def _where(asked: Any) -> Place:
    found = naming.place(
        scope=asked.get("scope", ""), of=asked.get("of", ""), kind=asked.get("kind", "")
    )
    if found is None:
        raise Http404
    return found
