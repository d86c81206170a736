"""Mail domains of an organization: claim one, prove it by DNS, release it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import dns_records, rules, selectors
from workspaces.signin.models import MailDomain
from workspaces.signin.places import crumbs, link
from workspaces.signin.services import domains
from workspaces.signin.setup_forms import DomainForm


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def domains_list(request: Any) -> HttpResponse:
    """Every claimed domain with what to publish, and the form that claims one."""
    form = DomainForm(request.POST or None)
    if request.method == "POST":
        request.actor.require(Permission.ORGANIZATION_MANAGE)
        if form.is_valid():
            try:
                row = domains.claim(
                    actor=request.actor,
                    organization=request.organization,
                    domain=form.cleaned_data["domain"],
                    at=clock.now(),
                )
            except Refused as refusal:
                form.add_error("domain", str(refusal))
            else:
                messages.success(
                    request, _("Publish the record of %s, then check it.") % row.domain
                )
                return redirect(link(request, "workspaces:domains"))
    return _page(request, form, status=422 if form.errors else 200)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def domain_check(request: Any, domain: UUID) -> HttpResponse:
    """Ask DNS for the record, for a few seconds at most, and prove the domain."""
    row, at = _found(domain), clock.now()
    try:
        domains.demand_open(row, at=at)
        records = dns_records.txt_records(
            domains.record_name(row.domain), seconds=dns_records.PAGE_SECONDS
        )
        row = domains.check(
            actor=request.actor,
            organization=request.organization,
            domain=domain,
            records=records,
            at=at,
        )
    except Refused as refusal:
        return _page(request, DomainForm(), status=409, problem=(domain, str(refusal)))
    if row.proven_at is None:
        sentence = _seen(row, records)
        return _page(request, DomainForm(), status=409, problem=(domain, sentence))
    messages.success(request, _("%s is proven.") % row.domain)
    return redirect(link(request, "workspaces:domains"))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def domain_release(request: Any, domain: UUID) -> HttpResponse:
    """Ask once more, with what follows; then give the domain up."""
    row, error = _found(domain), ""
    if request.method == "POST":
        if request.POST.get("typed_name", "").strip() == row.domain:
            domains.release(
                actor=request.actor,
                organization=request.organization,
                domain=domain,
                at=clock.now(),
            )
            messages.success(request, _("%s is released.") % row.domain)
            return redirect(link(request, "workspaces:domains"))
        error = _("Type the domain exactly; nothing was changed.")
    above = [(_("Domains"), "workspaces:domains")]
    context = {
        "domain": row.domain,
        "is_proven": row.proven_at is not None,
        "error": error,
        "typed": request.POST.get("typed_name", ""),
        "release_url": link(request, "workspaces:domain-release", domain=domain),
        "domains_url": link(request, "workspaces:domains"),
        "crumbs": crumbs(request, _("Release %s") % row.domain, above=above),
    }
    return render(
        request,
        "workspaces/signin/domain_release.html",
        context,
        status=422 if error else 200,
    )


def _page(
    request: Any,
    form: DomainForm,
    *,
    status: int,
    problem: tuple[UUID, str] | None = None,
) -> HttpResponse:
    at = clock.now()
    rows = [_shown(request, row, problem, at=at) for row in selectors.domains()]
    context = {
        "form": form,
        "proven": [row for row in rows if row["proven_at"]],
        "open": [row for row in rows if not row["proven_at"]],
        "can_manage": request.actor.may(Permission.ORGANIZATION_MANAGE),
        "now": at,
        "crumbs": crumbs(request, _("Domains")),
    }
    return render(request, "workspaces/signin/domains.html", context, status=status)


def _shown(
    request: Any, row: MailDomain, problem: tuple[UUID, str] | None, *, at: datetime
) -> dict[str, Any]:
    is_asked = problem is not None and problem[0] == row.public_id
    return {
        "domain": row.domain,
        "proven_at": row.proven_at,
        "how": _("vouched for by the operator") if row.attested_by else _("by DNS"),
        "record_name": domains.record_name(row.domain),
        "record_value": row.challenge,
        "ends_at": row.claimed_at + rules.CLAIM_WINDOW,
        "has_lapsed": domains.has_lapsed(row, at=at),
        "tries": _("%(n)d of %(most)d checks used")
        % {"n": row.attempts, "most": rules.MOST_TRIES},
        "problem": problem[1] if problem and is_asked else "",
        "check_url": link(request, "workspaces:domain-check", domain=row.public_id),
        "release_url": link(request, "workspaces:domain-release", domain=row.public_id),
    }


def _found(domain: UUID) -> MailDomain:
    row = selectors.domain_by_id(domain=domain)
    if row is None:
        raise Http404
    return row


def _seen(row: MailDomain, records: tuple[str, ...]) -> str:
    """What DNS said instead, so that a typing mistake can be seen."""
    words = {"name": domains.record_name(row.domain), "seen": ", ".join(records)[:300]}
    if not records:
        return (
            _(
                "DNS knows no TXT record at %(name)s yet. A new record can take up to "
                "an hour to be seen; check that your provider did not append the "
                "domain twice."
            )
            % words
        )
    return _("The record at %(name)s says “%(seen)s”, not the value below.") % words
