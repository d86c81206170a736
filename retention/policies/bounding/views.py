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
from retention.policies import selectors
from retention.policies.bounding import showing
from retention.policies.drafts import selectors as waiting
from retention.policies.drafts import services as drafts
from retention.policies.drafts import showing as drafting
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.forms import BoundsForm
from retention.policies.models import CONVERSATIONS
from retention.policies.rules import Bounds, lowers
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_bounds(request: Any) -> HttpResponse:
    """The bounds of one kind; with values in the address, what they would do."""
    kind = _kind(request.GET)
    is_asked = "floor_days" in request.GET or "ceiling_days" in request.GET
    return _page(request, kind, BoundsForm(request.GET) if is_asked else None)


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_http_methods(["POST"])
def policy_bounds_set(request: Any) -> HttpResponse:
    """Keep them as a draft, or send them: the draft's page says what follows."""
    kind = _kind(request.POST)
    form = BoundsForm(request.POST)
    is_kept = request.POST.get("intent") == "keep"
    error = "" if is_kept else _confirmation_error(request, kind, form)
    if form.is_valid() and not error:
        act = drafts.draft if is_kept else drafts.apply
        try:
            draft = act(
                actor=request.actor,
                workspace=request.workspace,
                values=Values.of_bounds(
                    _wanted(form),
                    content_kind=kind,
                    reason=form.cleaned_data["reason"],
                ),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _went(request, kind, draft)
    return _page(request, kind, form, error=error, status=422)


def _confirmation_error(request: Any, kind: str, form: BoundsForm) -> str:
    """What is missing before they are sent; only what lets go asks for the name."""
    if not form.is_valid():
        return ""
    slug: str = request.workspace.slug
    is_typed = request.POST.get("typed_name", "").strip() == slug
    is_shorter = lowers(selectors.bounds(content_kind=kind), _wanted(form))
    if is_shorter and not is_typed:
        return _("Type %s exactly; nothing was changed.") % slug
    if not form.cleaned_data["reason"].strip():
        return _("Say why, in a few words; nothing was changed.")
    return ""


def _went(request: Any, kind: str, draft: PolicyDraft) -> HttpResponse:
    """To the bounds where they are in force, otherwise to the draft that waits."""
    if draft.version is not None:
        messages.success(request, _("The bounds are in force."))
        return redirect(_url(request, kind))
    return redirect(link(request, "retention:policy-draft", draft=draft.public_id))


def _page(
    request: Any,
    kind: str,
    form: BoundsForm | None,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    now = selectors.bounds(content_kind=kind)
    setter = plans.of(request.workspace.plan).retention_setter
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
        "facts": showing.facts(now),
        "has_bounds": setter is RetentionSetter.ADMINS,
        "can_manage": request.actor.may(Permission.WORKSPACE_MANAGE),
        "here_url": _url(request, kind),
        "bounds_url": link(request, "retention:policy-bounds"),
        "set_url": link(request, "retention:policy-bounds-set"),
        "under_way": _under_way(request, kind),
        "now": at,
        "error": error,
        "typed": request.POST.get("typed_name", ""),
        "crumbs": crumbs(
            request,
            _("Floor and ceiling"),
            above=[(_("Policies"), "retention:policies")],
        ),
    }
    if context["has_bounds"] and form is not None and form.is_valid():
        context |= showing.preview(
            _wanted(form), workspace=request.workspace, content_kind=kind, at=at
        )
    return render(
        request, "retention/policies/bounding/page.html", context, status=status
    )


def _under_way(request: Any, kind: str) -> list[dict[str, str]]:
    """The draft of these bounds that waits for a person or for its time."""
    return [
        {
            "title": drafting.title(draft),
            "fact": drafting.sentence(draft, now=clock.now()),
            "url": link(request, "retention:policy-draft", draft=draft.public_id),
        }
        for draft in waiting.under_way()
        if draft.is_bounds and draft.content_kind == kind
    ]


def _wanted(form: BoundsForm) -> Bounds:
    return Bounds(
        floor_days=form.cleaned_data["floor_days"],
        ceiling_days=form.cleaned_data["ceiling_days"],
    )


def _kind(asked: Any) -> str:
    kind: str = asked.get("kind", "") or CONVERSATIONS
    if kind not in {one.name for one in content_kinds.governed()}:
        raise Http404
    return kind


def _url(request: Any, kind: str) -> str:
    asked = "" if kind == CONVERSATIONS else query(kind=kind)
    return link(request, "retention:policy-bounds") + asked
