"""The floor and ceiling inside which the policies of a workspace keep."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, content_kinds, guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs, link, query
from retention.policies.bounding import selectors, services
from retention.policies.bounding.forms import BoundsForm
from retention.policies.bounding.rules import Limits
from retention.policies.models import CONVERSATIONS


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_bounds(request: Any) -> HttpResponse:
    """The bounds of one kind."""
    return _page(request, _kind(request.GET))


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_http_methods(["POST"])
def policy_bounds_set(request: Any) -> HttpResponse:
    """Set them; nothing is purged by it."""
    kind = _kind(request.POST)
    form = BoundsForm(request.POST)
    if form.is_valid():
        wanted = dict(form.cleaned_data)
        reason = wanted.pop("reason")
        try:
            services.set_bounds(
                actor=request.actor,
                workspace=request.workspace,
                content_kind=kind,
                wanted=Limits(**wanted),
                reason=reason,
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The bounds are in force."))
            return redirect(_url(request, kind))
    return _page(request, kind, form=form)


def _page(request: Any, kind: str, *, form: BoundsForm | None = None) -> HttpResponse:
    now = selectors.limits(content_kind=kind)
    context = {
        "form": form or BoundsForm(initial=asdict(now)),
        "kind": kind,
        "kind_label": content_kinds.governed_named(kind).labels,
        "kinds": [
            {
                "label": one.labels,
                "url": _url(request, one.name),
                "chosen": one.name == kind,
            }
            for one in content_kinds.governed()
        ],
        "facts": [
            {"name": _("Floor"), "value": _days(now.floor_days)},
            {"name": _("Ceiling"), "value": _days(now.ceiling_days)},
        ],
        "can_manage": request.actor.may(Permission.WORKSPACE_MANAGE),
        "set_url": link(request, "retention:policy-bounds-set"),
        "crumbs": crumbs(
            request,
            _("Floor and ceiling"),
            above=[(_("Policies"), "retention:policies")],
        ),
    }
    status = 422 if form else 200
    return render(
        request, "retention/policies/bounding/page.html", context, status=status
    )


def _days(days: int | None) -> str:
    return _("none") if days is None else _("%s days") % f"{days:,}"


def _kind(asked: Any) -> str:
    kind: str = asked.get("kind", "") or CONVERSATIONS
    if kind not in {one.name for one in content_kinds.governed()}:
        raise Http404
    return kind


def _url(request: Any, kind: str) -> str:
    asked = "" if kind == CONVERSATIONS else query(kind=kind)
    return link(request, "retention:policy-bounds") + asked
