"""Drafts of policies: the list, one with its timeline, and what people do with it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, content_kinds, guard
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from retention.places import crumbs, link, query
from retention.policies import naming
from retention.policies import selectors as policies
from retention.policies.drafts import selectors, services, showing, sights
from retention.policies.drafts.digests import digest
from retention.policies.drafts.forms import AnswerForm
from retention.policies.drafts.models import DraftState, PolicyDraft
from retention.policies.drafts.selectors import DraftIsGone
from retention.policies.drafts.services import Values
from retention.policies.forms import BoundsForm, PolicyForm
from retention.policies.listing import selectors as listing
from retention.policies.models import Scope
from retention.policies.rules import Bounds
from retention.policies.selectors import Standing
from workspaces.members import selectors as members
from workspaces.tenancy.selectors import WorkspaceRef

_ORDER: keyset.Order = (("drafted_at", "desc"), ("id", "desc"))


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_drafts(request: Any) -> HttpResponse:
    """Every draft, newest first."""
    page = keyset.page(
        selectors.drafts(), order=_ORDER, after=request.GET.get("after"), size=50
    )
    people = members.names_of(people=[draft.author for draft in page.rows])
    labels = naming.labels({draft.scope for draft in page.rows})
    context = {
        "rows": [
            showing.row(
                draft,
                scope=_scope_label(draft, labels),
                people=people,
                url=_url(request, draft),
            )
            for draft in page.rows
        ],
        "editor_url": link(request, "retention:policies"),
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "crumbs": crumbs(request, _("Drafts"), above=[_above()]),
    }
    return render(request, "retention/policies/drafts/list.html", context)


@guard.requires(Permission.POLICIES_VIEW)
@require_safe
def policy_draft(request: Any, draft: UUID) -> HttpResponse:
    """One draft: what it would do, who did what, what can be done now."""
    return _page(request, _found(draft))


@guard.requires(Permission.POLICIES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_draft_change(request: Any, draft: UUID) -> HttpResponse:
    """Propose other values; what was approved before counts no longer."""
    found = _found(draft)
    form = _form(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(
                actor=request.actor,
                workspace=request.workspace,
                draft=draft,
                values=_values(found, form.cleaned_data),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The draft is changed. It has to be sent."))
            return redirect(_url(request, found))
    context = {
        "form": form,
        "draft_url": _url(request, found),
        "is_bounds": found.is_bounds,
        "is_under_way": found.state != DraftState.DRAFT,
        "crumbs": crumbs(request, _("Change the draft"), above=[_above()]),
    }
    status = 422 if form.errors else 200
    return render(
        request, "retention/policies/drafts/change.html", context, status=status
    )


def _form(found: PolicyDraft, posted: Any) -> BoundsForm | PolicyForm:
    initial = {"reason": found.reason}
    if found.bounds is not None:
        return BoundsForm(posted, initial=initial | asdict(found.bounds))
    return PolicyForm(
        posted,
        initial=initial | {"days": found.days, "undo_days": found.undo_days},
        kind=content_kinds.governed_named(found.content_kind),
    )


def _values(found: PolicyDraft, asked: dict[str, Any]) -> Values:
    kind = found.content_kind
    if found.is_bounds:
        reason = asked.pop("reason")
        return Values.of_bounds(Bounds(**asked), content_kind=kind, reason=reason)
    return Values(scope=found.scope, content_kind=kind, **asked)


@guard.requires(Permission.POLICIES_MANAGE)
@require_POST
def policy_draft_send(request: Any, draft: UUID) -> HttpResponse:
    """Schedule a draft, or ask another person to approve it."""
    return _acted(request, draft, services.send, _("The draft is on its way."))


@guard.requires(Permission.POLICIES_MANAGE)
@require_POST
def policy_draft_approve(request: Any, draft: UUID) -> HttpResponse:
    """Agree to exactly the draft that the page showed."""
    return _acted(
        request,
        draft,
        services.approve,
        _("You approved the draft."),
        seen=request.POST.get("seen", ""),
    )


@guard.requires(Permission.POLICIES_MANAGE)
@require_POST
def policy_draft_decline(request: Any, draft: UUID) -> HttpResponse:
    """Send a draft back to its author, with the reason."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, _found(draft), answer=form, status=422)
    return _acted(
        request,
        draft,
        services.decline,
        _("The draft went back to its author."),
        reason=form.cleaned_data["reason"],
    )


@guard.requires(Permission.POLICIES_MANAGE)
@require_POST
def policy_draft_cancel(request: Any, draft: UUID) -> HttpResponse:
    """End a draft before it takes force."""
    reason = request.POST.get("reason", "")[:1000]
    return _acted(
        request,
        draft,
        services.cancel,
        _("The draft is cancelled; the policy in force stays."),
        reason=reason,
    )


def _acted(
    request: Any,
    draft: UUID,
    act: Callable[..., PolicyDraft],
    done: str,
    **given: str,
) -> HttpResponse:
    found = _found(draft)
    try:
        act(
            actor=request.actor,
            workspace=request.workspace,
            draft=draft,
            at=clock.now(),
            **given,
        )
    except Refused as refusal:
        return _page(request, found, refusal=str(refusal), status=refusal.status)
    messages.success(request, done)
    return redirect(_url(request, found))


def _page(
    request: Any,
    found: PolicyDraft,
    *,
    refusal: str = "",
    answer: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, found) | {"refusal": refusal}
    context["answer"] = answer or AnswerForm()
    return render(
        request, "retention/policies/drafts/detail.html", context, status=status
    )


def _context(request: Any, found: PolicyDraft) -> dict[str, Any]:
    at = clock.now()
    workspace = request.workspace
    standing = selectors.standing(found, workspace=workspace, at=at)
    steps = selectors.steps_of(draft=found)
    people = members.names_of(people=[found.author, *(step.by for step in steps)])
    is_asked = selectors.asks_second_person(workspace=workspace, draft=found)
    is_awaiting = found.state == DraftState.AWAITING
    context: dict[str, Any] = {
        "title": showing.title(found),
        "status": showing.status(found),
        "sentence": showing.sentence(found, now=at),
        "stages": showing.stages(found, is_asked=is_asked or is_awaiting),
        "changes": _changes(found, standing) if found.ended_at is None else [],
        "scope_label": _scope_label(found, naming.labels([found.scope])),
        "kind_label": content_kinds.governed_named(found.content_kind).labels,
        "reason": found.reason,
        "list_url": _list_url(request, found),
        "timeline": showing.timeline(steps, people=people),
        "agreed": showing.agreed(found),
        "seen": digest(found).hex(),
        "is_draft": found.state == DraftState.DRAFT,
        "is_awaiting": is_awaiting,
        "is_open": found.ended_at is None,
        "is_asked": is_asked,
        "was_asked": selectors.was_asked(draft=found, person=request.actor.id),
        "is_own": selectors.is_by_author(found, person=request.actor.id),
        "nobody_else_may": _lacks_approver(
            found, workspace=workspace, is_asked=is_asked or is_awaiting
        ),
        "can_manage": request.actor.may(Permission.POLICIES_MANAGE),
        "now": at,
        "urls": {
            name: link(request, f"retention:policy-draft-{name}", draft=found.public_id)
            for name in ("change", "send", "approve", "decline", "cancel")
        },
        "crumbs": crumbs(request, showing.title(found), above=[_above()]),
    }
    if found.ended_at is None:
        context |= sights.of_draft(found, workspace=workspace, standing=standing, at=at)
    return context


def _scope_label(draft: PolicyDraft, labels: Mapping[Scope, str]) -> str:
    return _("Every policy") if draft.is_bounds else labels[draft.scope]


def _changes(found: PolicyDraft, standing: Standing) -> list[dict[str, Any]]:
    if found.bounds is None:
        return showing.changes(found, standing)
    before = policies.bounds(content_kind=found.content_kind)
    return showing.bounds_changes(before, found.bounds)


def _lacks_approver(
    found: PolicyDraft, *, workspace: WorkspaceRef, is_asked: bool
) -> bool:
    is_still_to_come = found.state in (DraftState.DRAFT, DraftState.AWAITING)
    if not is_asked or not is_still_to_come:
        return False
    return not selectors.may_approve(workspace=workspace, draft=found)


def _found(draft: UUID) -> PolicyDraft:
    try:
        return selectors.one(draft=draft)
    except DraftIsGone as gone:
        raise Http404 from gone


def _list_url(request: Any, found: PolicyDraft) -> str:
    if listing.newest_of(draft=found) is None:
        return ""
    return link(request, "retention:policy-draft-list", draft=found.public_id)


def _above() -> tuple[str, str]:
    return _("Policies"), "retention:policies"


def _url(request: Any, found: PolicyDraft) -> str:
    return link(request, "retention:policy-draft", draft=found.public_id)
