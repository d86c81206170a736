"""Changes many members at once: choose what, see whom it meets, confirm.

What is confirmed is what was shown: the selection and the act come back signed, for
this workspace and this person and for an hour.
"""

from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.bulk import selectors, services
from workspaces.bulk.acts import ENDING, LEFT_LABELS, Act, Order
from workspaces.bulk.forms import ACT_LABELS, OrderForm, choice_of, fields_of
from workspaces.bulk.selectors import Choice, Plan
from workspaces.jobs import tasks as job_tasks
from workspaces.members.forms import ROLES, SEATS

_SALT = "custos.bulk"
_LIFE = timedelta(hours=1)
_PREFIX = "to"  # the filters of the list have a role and a seat too


class PlanIsOld(Refused):
    """What came back was not shown here, to this person, in this hour."""

    status = 422


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def bulk_choose(request: Any) -> HttpResponse:
    """What shall be done to the chosen members."""
    choice = choice_of(request.POST)
    return _form(request, choice, OrderForm(acts=_acts(request), prefix=_PREFIX))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def bulk_preview(request: Any) -> HttpResponse:
    """Whom it would meet, whom not, and why; nothing is changed."""
    choice = choice_of(request.POST)
    form = OrderForm(request.POST, acts=_acts(request), prefix=_PREFIX)
    if not form.is_valid():
        return _form(request, choice, form, status=422)
    order = form.order()
    services.demand(actor=request.actor, workspace=request.workspace, order=order)
    return _plan(request, choice, order)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def bulk_confirm(request: Any) -> HttpResponse:
    """Have it done, as a job."""
    choice, order = _confirmed(request)
    reason = request.POST.get("reason", "").strip()[:500].replace("\0", "")
    plan = _planned(request, choice, order)
    if order.act is Act.REMOVE and request.POST.get("typed") != str(plan.will):
        error = _("Type the number exactly; nothing was changed.")
        return _plan(request, choice, order, error=error)
    try:
        job = services.ask(
            actor=request.actor,
            workspace=request.workspace,
            choice=choice,
            order=order,
            reason=reason,
            title=_title(order, plan),
            at=clock.now(),
        )
    except services.NeedsReason as refusal:
        return _plan(request, choice, order, error=str(refusal))
    job_tasks.ring()
    return redirect(_url(request, "jobs-detail", job=job.public_id))


def _acts(request: Any) -> list[Act]:
    may_roles = request.actor.may(Permission.ROLES_MANAGE)
    return [act for act in Act if act is not Act.ROLE or may_roles]


def _form(
    request: Any, choice: Choice, form: OrderForm, *, status: int = 200
) -> HttpResponse:
    number = selectors.number(choice)
    words = ngettext("%s member is chosen", "%s members are chosen", number)
    context = {
        "form": form,
        "title": words % grouped(number),
        "can_roles": request.actor.may(Permission.ROLES_MANAGE),
        "fields": fields_of(choice),
        "preview_url": _url(request, "bulk-preview"),
        "keep_url": _url(request, "members-list"),
        "crumbs": _crumbs(request),
    }
    return render(request, "workspaces/bulk/choose.html", context, status=status)


def _plan(
    request: Any, choice: Choice, order: Order, *, error: str = ""
) -> HttpResponse:
    plan = _planned(request, choice, order)
    context = {
        "title": _title(order, plan),
        "plan": plan,
        "left": plan.total - plan.will,
        "excluded": [
            {
                "why": LEFT_LABELS[one.reason],
                "number": one.number,
                "sample": ", ".join(one.sample),
            }
            for one in plan.excluded
        ],
        "needs_reason": order.act in ENDING,
        "typed": str(plan.will) if order.act is Act.REMOVE else "",
        "is_danger": order.act in ENDING,
        "error": error,
        "signed": _signed(request, choice, order),
        "confirm_url": _url(request, "bulk-confirm"),
        "keep_url": _url(request, "members-list"),
        "crumbs": _crumbs(request),
    }
    status = 422 if error else 200
    return render(request, "workspaces/bulk/preview.html", context, status=status)


def _planned(request: Any, choice: Choice, order: Order) -> Plan:
    return selectors.plan(
        actor=request.actor,
        workspace=request.workspace,
        choice=choice,
        order=order,
    )


def _title(order: Order, plan: Plan) -> str:
    words = {
        "act": ACT_LABELS[order.act],
        "number": grouped(plan.will),
        "value": dict([*ROLES, *SEATS]).get(order.value, ""),
    }
    if order.value:
        return (
            ngettext(
                "%(act)s of %(number)s member to %(value)s",
                "%(act)s of %(number)s members to %(value)s",
                plan.will,
            )
            % words
        )
    return (
        ngettext("%(act)s %(number)s member", "%(act)s %(number)s members", plan.will)
        % words
    )


def _signed(request: Any, choice: Choice, order: Order) -> str:
    kept = {
        "where": str(request.workspace.public_id),
        "who": request.actor.id,
        "until": (clock.now() + _LIFE).timestamp(),
        "fields": fields_of(choice),
        "act": order.act.value,
        "value": order.value,
    }
    return signing.dumps(kept, salt=_SALT, compress=True)


def _confirmed(request: Any) -> tuple[Choice, Order]:
    try:
        kept = signing.loads(request.POST.get("plan", ""), salt=_SALT)
    except signing.BadSignature:
        kept = {}
    mine = (str(request.workspace.public_id), request.actor.id)
    is_ours = (kept.get("where"), kept.get("who")) == mine
    if not is_ours or kept["until"] <= clock.now().timestamp():
        raise PlanIsOld(_("This page is older than an hour or not yours: begin anew."))
    sent = QueryDict(mutable=True)
    for name, value in kept["fields"]:
        sent.appendlist(name, value)
    return choice_of(sent), Order(act=Act(kept["act"]), value=kept["value"])


def _url(request: Any, page: str, **names: Any) -> str:
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def _crumbs(request: Any) -> list[dict[str, str]]:
    workspace = request.workspace
    return [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": _url(request, "overview")},
        {"label": _("Members"), "url": _url(request, "members-list")},
        {"label": _("Change many")},
    ]
