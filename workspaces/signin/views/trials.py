"""Step 5, the test sign-in in a window of its own, and step 6, activation."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import authority, differences, presets, selectors
from workspaces.signin.inspection import Check, Result
from workspaces.signin.models import ConnectionState, SamlConnection
from workspaces.signin.places import link
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import activation, drafts, trials
from workspaces.signin.services.trials import Trial
from workspaces.signin.setup_forms import SsoForm
from workspaces.signin.views import frame
from workspaces.tenancy.models import Sso

_WORDS = {
    Result.PASSED: ("ok", _lazy("Passed")),
    Result.FAILED: ("bad", _lazy("Differs")),
    Result.INCOMPLETE: ("warn", _lazy("Incomplete")),
    Result.NOT_REACHED: ("off", _lazy("Not reached")),
}


@guard.requires(Permission.ORGANIZATION_MANAGE)
@never_cache
@require_safe
def sso_test(request: Any, saml: UUID) -> HttpResponse:
    """Step 5: the button, and what the last test showed."""
    row, at = frame.found(saml), clock.now()
    trial = trials.latest(row=row)
    trusted = selectors.trusted_certificates(connection_id=row.pk)
    context = frame.context(request, row, step="test", at=at) | {
        "trial": trial and _shown(row, trial),
        "is_tested": selectors.is_tested(row, at=at),
        "is_same": trial and trial.digest == selectors.settings_digest(row),
        "may_test": bool(row.idp_entity_id and trusted),
        "begin_url": link(request, "workspaces:sso-test-begin", saml=saml),
        "is_owner": authority.is_owner(request.actor),
        "now": at,
    }
    return render(request, "workspaces/signin/wizard/test.html", context)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@never_cache
@require_POST
def sso_test_begin(request: Any, saml: UUID) -> HttpResponse:
    """Leave for the identity provider, in the window that the button opened.

    A page of its own leads there, since the policy keeps our forms on this site.
    """
    frame.found(saml)
    url = trials.begin(
        actor=request.actor,
        organization=request.organization,
        connection=saml,
        at=clock.now(),
    )
    context = {"url": url, "back_url": link(request, "workspaces:sso-test", saml=saml)}
    return render(request, "workspaces/signin/wizard/leaving.html", context)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_activate(request: Any, saml: UUID) -> HttpResponse:
    """Step 6: put it into use, and say what it is to each workspace."""
    row, at = frame.found(saml), clock.now()
    if request.method == "POST":
        activation.activate(
            actor=request.actor,
            organization=request.organization,
            connection=saml,
            at=at,
        )
        messages.success(request, _("People sign in through this connection now."))
        return redirect(link(request, "workspaces:sso-activate", saml=saml))
    live = selectors.active_connection()
    context = frame.context(request, row, step="activate", at=at) | {
        "is_tested": selectors.is_tested(row, at=at),
        "is_owner": authority.is_owner(request.actor),
        "is_live": row.state == ConnectionState.ACTIVE,
        "replaces": frame.name_of(live) if live and live.pk != row.pk else "",
        "activate_url": link(request, "workspaces:sso-activate", saml=saml),
        "deactivate_url": link(request, "workspaces:sso-deactivate", saml=saml),
        "discard_url": link(request, "workspaces:sso-discard", saml=saml),
        "is_draft": row.state == ConnectionState.DRAFT,
        **workspaces(request),
    }
    return render(request, "workspaces/signin/wizard/activate.html", context)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_deactivate(request: Any, saml: UUID) -> HttpResponse:
    """Ask once more, then let nobody sign in through it."""
    row, error = frame.found(saml), ""
    if request.method == "POST":
        try:
            _demand_typed(request, row)
            activation.deactivate(
                actor=request.actor,
                organization=request.organization,
                connection=saml,
                at=clock.now(),
            )
        except Refused as refusal:
            error = str(refusal)
        else:
            messages.success(request, _("Nobody signs in through it any more."))
            return redirect(link(request, "workspaces:sso"))
    return _confirmation(request, row, act="deactivate", error=error)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sso_discard(request: Any, saml: UUID) -> HttpResponse:
    """Ask once more, then remove a draft."""
    row, error = frame.found(saml), ""
    if request.method == "POST":
        try:
            _demand_typed(request, row)
            drafts.discard(
                actor=request.actor,
                organization=request.organization,
                connection=saml,
                at=clock.now(),
            )
        except Refused as refusal:
            error = str(refusal)
        else:
            messages.success(request, _("The draft is discarded."))
            return redirect(link(request, "workspaces:sso"))
    return _confirmation(request, row, act="discard", error=error)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_workspace(request: Any) -> HttpResponse:
    """Say what single sign-on is to one workspace."""
    form = SsoForm(request.POST)
    back = redirect(_back(request))
    if not form.is_valid():
        messages.error(request, _("Choose a workspace and off, optional or required."))
        return back
    try:
        row = activation.set_sso(
            actor=request.actor,
            organization=request.organization,
            workspace=form.cleaned_data["workspace"],
            sso=Sso(form.cleaned_data["sso"]),
            at=clock.now(),
        )
    except activation.CannotBeRequired as refusal:
        messages.error(request, str(refusal))
        return back
    messages.success(
        request,
        _("Single sign-on in %(name)s: %(sso)s.")
        % {"name": row.name, "sso": Sso(row.sso).label},
    )
    return back


def where_after_a_test(ref: ConnectionRef) -> str:
    """The page that shows what the test of a connection found."""
    names = {"organization": ref.organization.slug, "saml": ref.public_id}
    return reverse("workspaces:sso-test", kwargs=names)


def workspaces(request: Any) -> dict[str, Any]:
    """The workspaces with what single sign-on is to each."""
    return {
        "workspaces": [
            {"id": one.public_id, "name": one.name, "sso": one.sso}
            for one in selectors.workspaces()
        ],
        "sso_choices": [{"value": v, "label": n} for v, n in Sso.choices],
        "sso_url": link(request, "workspaces:sso-workspace"),
        "why_not_required": activation.why_not_required(at=clock.now()),
    }


def _back(request: Any) -> str:
    """The page of step 6 that the form stood on, or the list."""
    try:
        row = selectors.connection_by_id(connection=UUID(request.POST.get("from", "")))
    except ValueError:
        row = None
    if row is None:
        return link(request, "workspaces:sso")
    return link(request, "workspaces:sso-activate", saml=row.public_id)


class _NotTyped(Refused):
    """The name does not match."""


def _demand_typed(request: Any, row: SamlConnection) -> None:
    if request.POST.get("typed_name", "").strip() != row.slug:
        raise _NotTyped(_("Type the name exactly; nothing was changed."))


def _confirmation(
    request: Any, row: SamlConnection, *, act: str, error: str
) -> HttpResponse:
    context = frame.context(request, row, step="activate", at=clock.now()) | {
        "act": act,
        "error": error,
        "typed": request.POST.get("typed_name", ""),
        "post_url": link(request, f"workspaces:sso-{act}", saml=row.public_id),
        "keep_url": link(request, "workspaces:sso-activate", saml=row.public_id),
    }
    return render(
        request,
        "workspaces/signin/wizard/confirm.html",
        context,
        status=422 if error else 200,
    )


def _shown(row: SamlConnection, trial: Trial) -> dict[str, Any]:
    order = [Result.FAILED, Result.INCOMPLETE, Result.NOT_REACHED, Result.PASSED]
    sorted_ = sorted(trial.checks, key=lambda one: order.index(one.result))
    failed = [one for one in sorted_ if one.result is Result.FAILED]
    counts = {
        result: sum(one.result is result for one in trial.checks) for result in order
    }
    return {
        "passed": trial.passed,
        "at": trial.at,
        "by": trial.by,
        "is_owner": trial.is_owner,
        "would_be": trial.would_be,
        "reference": trial.reference,
        "worst": _difference(row, failed[0]) if failed else None,
        "checks": [_line(one) for one in sorted_],
        "counts": [
            {"kind": _WORDS[result][0], "text": f"{number} {_counted(result)}"}
            for result, number in counts.items()
            if number
        ],
        "attributes": trial.attributes,
    }


def _line(one: Check) -> dict[str, Any]:
    kind, word = _WORDS[one.result]
    row = {Result.FAILED: "c-row-bad", Result.INCOMPLETE: "c-row-warn"}
    return {
        "label": one.label,
        "expected": one.expected,
        "received": one.received,
        "kind": kind,
        "word": word,
        "row": row.get(one.result, ""),
    }


def _difference(row: SamlConnection, one: Check) -> dict[str, Any]:
    expected, received = differences.between(one.expected, one.received)
    return {
        "label": one.label,
        "sentence": one.sentence,
        "expected": expected,
        "received": received,
        "value": one.expected,
        "hint": _hint(row, one),
    }


def _hint(row: SamlConnection, one: Check) -> str:
    """Where to put it right, in the words of the product."""
    sheet = presets.SHEETS[row.preset]
    places = {
        "audience": sheet.audience_place,
        "destination": sheet.acs_url,
        "recipient": sheet.acs_url,
        "address": sheet.note,
        "names": sheet.note,
    }
    return str(places.get(one.code, ""))


def _counted(result: Result) -> str:
    return {
        Result.PASSED: _("passed"),
        Result.FAILED: _("failed"),
        Result.INCOMPLETE: _("incomplete"),
        Result.NOT_REACHED: _("not reached"),
    }[result]
