"""Single sign-on of an organization at a glance, and the log of attempts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.permissions import Permission
from workspaces.signin import authority, selectors
from workspaces.signin.models import SamlConnection, SignInAttempt
from workspaces.signin.places import SSO, crumbs, link
from workspaces.signin.reasons import EXPLANATIONS, Reason
from workspaces.signin.services import attempts as keeping_attempts
from workspaces.signin.services import keeping
from workspaces.signin.setup_forms import FindAttemptForm
from workspaces.signin.views import frame, trials

_MOST = 50


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_safe
def sso(request: Any) -> HttpResponse:
    """The connections, and what single sign-on is to each workspace."""
    at = clock.now()
    can_manage = request.actor.may(Permission.ORGANIZATION_MANAGE)
    context = {
        "connections": [_shown(request, row, at=at) for row in selectors.connections()],
        "can_manage": can_manage,
        "has_domain": any(row.proven_at for row in selectors.domains()),
        "domains_url": link(request, "workspaces:domains"),
        "begin_url": link(request, "workspaces:sso-begin"),
        "attempts_url": link(request, "workspaces:sso-attempts"),
        "now": at,
        "crumbs": crumbs(request, SSO[0]),
        **trials.workspaces(request),
    }
    return render(request, "workspaces/signin/connections.html", context)


@guard.requires(Permission.ORGANIZATION_VIEW)
@require_safe
def sso_attempts(request: Any) -> HttpResponse:
    """The last fifty attempts, findable by the reference on the error page."""
    form = FindAttemptForm(request.GET or None)
    reference = form.cleaned_data["reference"] if form.is_valid() else ""
    at = clock.now()
    slugs = {row.pk: row.slug for row in selectors.connections()}
    context = {
        "form": form,
        "reference": reference,
        "attempts": [
            _attempt(request, row, slugs, at=at)
            for row in selectors.attempts(reference=reference, limit=_MOST)
        ],
        "keeps": [
            _keeps(request, row, at=at)
            for row in selectors.connections()
            if row.idp_entity_id
        ],
        "is_owner": authority.is_owner(request.actor),
        "attempts_url": link(request, "workspaces:sso-attempts"),
        "now": at,
        "crumbs": crumbs(request, _("Attempts"), above=[SSO]),
    }
    return render(request, "workspaces/signin/attempts.html", context)


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_answers(request: Any, saml: UUID) -> HttpResponse:
    """Keep the answers of the next day, or discard them."""
    frame.found(saml)
    does_keep = request.POST.get("act") == "keep"
    change = keeping.keep_answers if does_keep else keeping.discard_answers
    change(
        actor=request.actor,
        organization=request.organization,
        connection=saml,
        at=clock.now(),
    )
    messages.success(
        request,
        _("Answers are kept for a day, sealed.")
        if does_keep
        else _("No answer is kept."),
    )
    return redirect(link(request, "workspaces:sso-attempts"))


@guard.requires(Permission.ORGANIZATION_MANAGE)
@require_POST
def sso_answer(request: Any) -> HttpResponse:
    """Hand out a kept answer, to owners, on the record."""
    reference = request.POST.get("reference", "")[:16]
    document = keeping.download(
        actor=request.actor,
        organization=request.organization,
        reference=reference,
        at=clock.now(),
    )
    response = HttpResponse(document, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="answer-{reference}.xml"'
    response["Cache-Control"] = "no-store"
    return response


def _shown(request: Any, row: SamlConnection, *, at: datetime) -> dict[str, Any]:
    kind, word = frame.state(row)
    steps = frame.context(request, row, step="values", at=at)["steps"]
    open_steps = [one for one in steps if one["state"] in {"todo", "locked"}]
    certificates = [
        frame.certificate(one, at=at)
        for one in selectors.certificates(connection_id=row.pk)
    ]
    return {
        "name": frame.name_of(row),
        "slug": row.slug,
        "kind": kind,
        "word": word,
        "entity_id": row.idp_entity_id,
        "url": (open_steps or steps)[0]["url"],
        "certificates": certificates,
        "problem": row.metadata_problem,
    }


def _attempt(
    request: Any, row: SignInAttempt, slugs: dict[int, str], *, at: datetime
) -> dict[str, Any]:
    return {
        "at": row.at,
        "connection": slugs.get(row.connection_id or 0, "-"),
        "sentence": _sentence(row.code, is_test=row.is_test),
        "code": row.code,
        "kind": "bad" if row.code else "ok",
        "word": _("Refused") if row.code else _("Accepted"),
        "is_test": row.is_test,
        "reference": row.reference,
        "expected": row.expected,
        "received": row.received,
        "count": row.count,
        "has_answer": row.sealed_message is not None
        and at - row.at < keeping_attempts.ANSWERS_STAY,
        "answer_url": link(request, "workspaces:sso-answer"),
    }


def _sentence(code: str, *, is_test: bool) -> str:
    if not code:
        tested = _("A sign-in would have worked.")
        return tested if is_test else _("The person came in.")
    try:
        return str(EXPLANATIONS[Reason(code)].sentence)
    except (KeyError, ValueError):
        return code


def _keeps(request: Any, row: SamlConnection, *, at: datetime) -> dict[str, Any]:
    is_on = keeping_attempts.keeps_answers(row, at=at)
    return {
        "name": frame.name_of(row),
        "slug": row.slug,
        "until": row.keeps_messages_until if is_on else None,
        "url": link(request, "workspaces:sso-answers", saml=row.public_id),
    }
