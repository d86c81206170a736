"""The queue of versions that shall be shown to the public, and deciding one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.permissions import Permission
from workspaces.gpts import authority, places, queue, selectors, services
from workspaces.gpts.forms import ReviewForm
from workspaces.gpts.models import ReviewState
from workspaces.gpts.showing import REVIEW_STATES, query
from workspaces.gpts.views.trying import attempted


@guard.requires(Permission.GPTS_REVIEW)
@require_safe
def gpts_reviews(request: Any) -> HttpResponse:
    """What waits, or what is over."""
    where = places.of(request)
    is_over = request.GET.get("show") == "over"
    page = selectors.reviews(is_waiting=not is_over, after=request.GET.get("after"))
    show = "over" if is_over else ""
    context = {
        "rows": queue.review_rows(where, page.rows),
        "is_over": is_over,
        "tabs": queue.review_tabs(is_over=is_over),
        "now": clock.now(),
        "next_url": page.next and query(show=show, after=page.next),
        "previous_url": page.previous and query(show=show, after=page.previous),
        "crumbs": where.governed((_("Reviews"), "")),
    }
    return render(request, "workspaces/gpts/reviews.html", context)


@guard.requires(Permission.GPTS_REVIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def gpts_review(request: Any, review: UUID) -> HttpResponse:
    """One request: what the version is, and approve, send back or reject."""
    where = places.of(request)
    row = selectors.review(review=review)
    form = ReviewForm(request.POST or None)
    if form.is_bound and form.is_valid():
        decided = attempted(form, lambda: _decided(request, review, form))
        if decided is not None:
            word = REVIEW_STATES[ReviewState(decided.state)][1]
            messages.success(request, _("The request is decided: %s.") % word)
            return redirect(where.url("reviews"))
    member = authority.member_of(request.actor)
    shown = queue.review(where, row, member=member, at=clock.now())
    if shown["config"]:
        services.note_read(
            actor=request.actor,
            workspace=request.workspace,
            gpt=shown["gpt"],
            versions=[row.number],
            at=clock.now(),
        )
    context = {
        **shown,
        "form": form,
        "now": clock.now(),
        "crumbs": where.governed(
            (_("Reviews"), where.url("reviews")), (_("One request"), "")
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/gpts/review.html", context, status=status)


def _decided(request: Any, review: UUID, form: ReviewForm) -> Any:
    return services.decide(
        actor=request.actor,
        workspace=request.workspace,
        review=review,
        state=ReviewState(form.cleaned_data["state"]),
        reason=form.cleaned_data["reason"],
        at=clock.now(),
    )
