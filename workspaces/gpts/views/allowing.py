"""Rules for all GPTs: domains that actions may call, GPTs from outside, ceilings."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from workspaces.gpts import allowances, places, selectors, services
from workspaces.gpts.forms import ApproveForm, DomainForm, TryForm
from workspaces.gpts.services import lowering
from workspaces.gpts.showing import query
from workspaces.gpts.views.trying import attempted
from workspaces.jobs import tasks


@guard.requires(Permission.GPTS_VIEW)
@require_safe
def gpts_domains(request: Any) -> HttpResponse:
    """The domains that actions may call, with a place to try an address."""
    return _domains(request, DomainForm())


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_domain_allow(request: Any) -> HttpResponse:
    """Let actions call a domain and what is below it."""
    form = DomainForm(request.POST)
    if form.is_valid():
        made = attempted(
            form,
            lambda: services.allow_domain(
                **_about(request), domain=form.cleaned_data["domain"]
            ),
        )
        if made is not None:
            messages.success(request, _("Actions may call %s.") % made.domain)
            return redirect(places.of(request).url("domains"))
    return _domains(request, form, status=422)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_domain_remove(request: Any, rule: UUID) -> HttpResponse:
    """Take a domain back."""
    gone = services.refuse_domain(**_about(request), rule=rule)
    sentence = _("Actions at %s are not available from now on.") % gone.domain
    messages.success(request, sentence)
    return redirect(places.of(request).url("domains"))


@guard.requires(Permission.GPTS_VIEW)
@require_safe
def gpts_outside(request: Any) -> HttpResponse:
    """GPTs from outside: what is allowed, and which are approved."""
    return _outside(request, ApproveForm())


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_outside_approve(request: Any) -> HttpResponse:
    """Let members use a GPT from outside."""
    form = ApproveForm(request.POST)
    if form.is_valid():
        made = attempted(
            form,
            lambda: services.approve_third_party(
                **_about(request), **form.cleaned_data
            ),
        )
        if made is not None:
            messages.success(request, _("“%s” is approved.") % made.name)
            return redirect(places.of(request).url("outside"))
    return _outside(request, form, status=422)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_outside_withdraw(request: Any, approval: UUID) -> HttpResponse:
    """Take an approval back."""
    gone = services.withdraw_third_party(**_about(request), approval=approval)
    messages.success(request, _("“%s” is not approved any more.") % gone.name)
    return redirect(places.of(request).url("outside"))


@guard.requires(Permission.GPTS_VIEW)
@require_safe
def gpts_ceilings(request: Any) -> HttpResponse:
    """What is shared further than its owner may, and how it would come down."""
    where = places.of(request)
    context = {
        **allowances.above(where, workspace=request.workspace),
        "can_manage": request.actor.may(Permission.GPTS_MANAGE),
        "crumbs": where.governed((_("Above the ceiling"), "")),
    }
    return render(request, "workspaces/gpts/ceilings.html", context)


@guard.requires(Permission.GPTS_MANAGE)
@require_POST
def gpts_downgrade(request: Any) -> HttpResponse:
    """Ask for the job that brings them down."""
    job = lowering.ask(**_about(request))
    ring_on_commit(tasks.run_jobs.delay)
    names = {"workspace": request.workspace.slug, "job": job.public_id}
    return redirect(reverse("workspaces:jobs-detail", kwargs=names))


def _domains(request: Any, form: DomainForm, *, status: int = 200) -> HttpResponse:
    where = places.of(request)
    trial = TryForm(request.GET) if "url" in request.GET else TryForm()
    context = {
        "rows": allowances.domain_rows(where),
        "form": form,
        "trial": trial,
        "finding": allowances.finding(trial),
        "can_manage": request.actor.may(Permission.GPTS_MANAGE),
        "allow_url": where.url("domain-allow"),
        "crumbs": where.governed((_("Domains of actions"), "")),
    }
    return render(request, "workspaces/gpts/domains.html", context, status=status)


def _outside(request: Any, form: ApproveForm, *, status: int = 200) -> HttpResponse:
    where = places.of(request)
    page = selectors.approvals(after=request.GET.get("after"))
    context = {
        **allowances.outside(where, page.rows),
        "form": form,
        "can_manage": request.actor.may(Permission.GPTS_MANAGE),
        "approve_url": where.url("outside-approve"),
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "crumbs": where.governed((_("GPTs from outside"), "")),
    }
    return render(request, "workspaces/gpts/outside.html", context, status=status)


def _about(request: Any) -> dict[str, Any]:
    return {
        "actor": request.actor,
        "workspace": request.workspace,
        "at": clock.now(),
    }
