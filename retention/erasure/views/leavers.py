"""Erase what a member who left has stored, and every request of the workspace."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.erasure import guards
from audit.erasure import selectors as in_log
from kit import clock, guard
from kit.formatting import grouped
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from retention.erasure import selectors, services, showing, tasks
from retention.erasure.forms import LogForm
from retention.erasure.models import Erasure
from retention.places import crumbs, link, query
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.tenancy import plans

_ORDER: keyset.Order = (("requested_at", "desc"), ("id", "desc"))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_safe
def erasures(request: Any) -> HttpResponse:
    """Every request, newest first."""
    page = keyset.page(
        selectors.erasures(), order=_ORDER, after=request.GET.get("after"), size=50
    )
    context = {
        "rows": [
            {
                "member": row.membership.name or row.membership.email,
                "status": showing.status(row),
                "requested_at": row.requested_at,
                "ended_at": row.ended_at,
                "url": link(request, "retention:erasure", erasure=row.public_id),
            }
            for row in page.rows
        ],
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
        "crumbs": crumbs(request, _("Erasures")),
    }
    return render(request, "retention/erasure/list.html", context)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: Any, erasure: UUID) -> HttpResponse:
    """One request with its report; it can be withdrawn here while it is open."""
    at = clock.now()
    try:
        row = selectors.erasure_by_public_id(public_id=erasure)
    except Erasure.DoesNotExist as unknown:
        raise Http404 from unknown
    if request.method == "POST":
        services.withdraw(
            actor=request.actor, workspace=request.workspace, erasure=row, at=at
        )
        messages.success(request, _("The request is withdrawn."))
        return redirect(link(request, "retention:erasure", erasure=erasure))
    people = members.names_of(people=[row.requested_by])
    facts = showing.facts(
        row,
        by=people.get(row.requested_by, _("the member")),
        reason=selectors.reason_of(erasure=row),
        now=at,
    )
    about = _person(request, row, at=at)
    context = {
        "name": row.membership.name or row.membership.email,
        "status": showing.status(row),
        "sentence": showing.sentence(
            row,
            undo_days=_undo_days(request),
            protected_until=selectors.protected_until(erasure=row, at=at)
            if row.ended_at is None
            else None,
        ),
        "facts": [*facts, about] if about else facts,
        "report": showing.report(selectors.counts_of(erasure=row)),
        # What a member asked for themselves, they alone take back.
        "may_withdraw": row.ended_at is None and row.reason is not None,
        "list_url": link(request, "retention:erasures"),
        "crumbs": crumbs(
            request, _("Erasure"), above=[(_("Erasures"), "retention:erasures")]
        ),
    }
    return render(request, "retention/erasure/detail.html", context)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def erasure_request(request: Any, member: UUID) -> HttpResponse:
    """What a member who left has stored; typing their address erases it."""
    at = clock.now()
    try:
        row = selectors.member_by_public_id(public_id=member)
    except Membership.DoesNotExist as unknown:
        raise Http404 from unknown
    error = ""
    if request.method == "POST":
        try:
            return _ask(request, row)
        except Refused as refusal:
            error = str(refusal)
    left = selectors.stored_of(membership_id=row.pk, until=at, at=at)
    context = {
        "email": row.email,
        "name": row.name or row.email,
        "rows": showing.preview(left),
        "kept": showing.kept(left),
        "undo_days": _undo_days(request),
        "error": error,
        "choices": _choices(request, row),
        "typed": request.POST.get("typed_name", ""),
        "reason": request.POST.get("reason", ""),
        "list_url": link(request, "retention:erasures"),
        "action_url": request.path,
        "crumbs": crumbs(
            request, _("Erase"), above=[(_("Erasures"), "retention:erasures")]
        ),
    }
    status = 422 if error else 200
    return render(request, "retention/erasure/request.html", context, status=status)


def _person(request: Any, row: Erasure, *, at: datetime) -> dict[str, Any] | None:
    if not row.from_log:
        return None
    why = guards.reason(
        organization_id=request.workspace.organization.id,
        person=str(row.membership.user.public_id),
        at=at,
    )
    is_forgotten = selectors.is_forgotten(row.membership)
    return showing.person(row, is_forgotten=is_forgotten, why=why)


class AddressIsNotTyped(Refused):
    """The person types whose data goes."""


def _ask(request: Any, member: Membership) -> HttpResponse:
    if request.POST.get("typed_name", "").strip().lower() != member.email:
        raise AddressIsNotTyped(_("Type the address exactly; nothing was changed."))
    row = services.request_of_leaver(
        actor=request.actor,
        workspace=request.workspace,
        member=member,
        reason=request.POST.get("reason", ""),
        from_log="from_log" in request.POST,
        at=clock.now(),
    )
    tasks.ring()
    return redirect(link(request, "retention:erasure", erasure=row.public_id))


def _choices(request: Any, member: Membership) -> list[Any]:
    """The audit log, for those who may, with how much of it is about the person."""
    if not request.actor.may(Permission.AUDIT_ERASE):
        return []
    person = member.user.public_id
    found = in_log.counted(person=str(person), ids=[person, member.public_id])
    field = LogForm(request.POST or None)["from_log"]
    field.help_text = _(
        "%(acted)s entries of what they did and %(about)s about them keep their place"
        " and proof, but no longer say who; so does every detail that names their"
        " address. Their name, addresses, sign-ins, invitations, mail and what a"
        " provider sent about them go from the portal; lists of invited or changed"
        " people and exports of the log that wait to be fetched go with them. It waits"
        " while a legal hold names them. This cannot be undone."
    ) % {"acted": grouped(found.acted), "about": grouped(found.targeted)}
    return [field]


def _undo_days(request: Any) -> int:
    return plans.of(request.workspace.plan).default_undo_days
