"""The page on which members sign in to connected apps, and leave them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.permissions import Permission
from workspaces.connectors import sealing, selectors, services, tasks
from workspaces.connectors.controls import ASK_LABELS, END_LABELS, Ask, End
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.selectors import Standing
from workspaces.connectors.setups import Setup
from workspaces.connectors.views import places
from workspaces.members import selectors as members
from workspaces.members import standing
from workspaces.members.models import Membership

_ORDER = {"linked": 0, "open": 1, "closed": 2}
_ANSWER = ("state", "code", "error", "iss")


@guard.requires(Permission.OWN_DATA)
@require_safe
def connections(request: Any) -> HttpResponse:
    """Every connector as this member stands to it, with why."""
    member = _member(request)
    found = selectors.standing(member=member)
    ends = selectors.last_ends(member=member)
    rows = [
        _row(request, found, setup, ends.get(setup.row.pk or 0))
        for setup in found.setups.values()
    ]
    context = {
        "rows": sorted(rows, key=lambda row: (_ORDER[row["state"]], row["label"])),
        "crumbs": places.crumbs(request, (_("Connections"), "")),
    }
    return render(request, "workspaces/connectors/connections.html", context)


@guard.requires(Permission.OWN_DATA)
@require_POST
def connections_begin(request: Any, connector: str) -> HttpResponse:
    """Say where the member goes now, and what the app will ask them for.

    The page leads on by a link: the content policy lets no form end at another site.
    """
    begun = services.begin(
        actor=request.actor,
        workspace=request.workspace,
        member=_member(request),
        connector=connector,
        sign_in=_sign_in(request),
        redirect_uri=places.redirect_uri(request, connector),
        at=clock.now(),
    )
    context = {
        "setup": selectors.one(connector=connector),
        "begun": begun,
        "back_url": places.url(request, "connections"),
        "crumbs": places.crumbs(
            request,
            (_("Connections"), places.url(request, "connections")),
            (_("Sign in"), ""),
        ),
    }
    return render(request, "workspaces/connectors/begin.html", context)


@guard.requires(Permission.OWN_DATA)
@require_GET
def connections_callback(request: Any, connector: str) -> HttpResponse:
    """Take the app's answer, and leave its address with the code in it."""
    setup = selectors.one(connector=connector)
    outcome = services.finish(
        actor=request.actor,
        workspace=request.workspace,
        member=_member(request),
        connector=connector,
        sign_in=_sign_in(request),
        answer={name: request.GET.get(name, "") for name in _ANSWER},
        redirect_uri=places.redirect_uri(request, connector),
        at=clock.now(),
    )
    if outcome.grant is None:
        ring_on_commit(tasks.revoke_connector_grants.delay)
        messages.error(request, outcome.sentence)
    else:
        messages.success(request, _("You are signed in to %s.") % setup.label)
    return redirect(places.url(request, "connections"))


@guard.requires(Permission.OWN_DATA)
@require_POST
def connections_unlink(request: Any, connector: str) -> HttpResponse:
    """End what the member linked, here at once and at the app as soon as it can."""
    setup = selectors.one(connector=connector)
    is_done = services.unlink(
        actor=request.actor,
        workspace=request.workspace,
        member=_member(request),
        connector=connector,
        at=clock.now(),
    )
    if is_done:
        ring_on_commit(tasks.revoke_connector_grants.delay)
        messages.success(request, _("%s is unlinked.") % setup.label)
    else:
        messages.info(request, _("%s was not linked.") % setup.label)
    return redirect(places.url(request, "connections"))


def _row(
    request: Any, found: Standing, setup: Setup, ended: ConnectorGrant | None
) -> dict[str, Any]:
    verdict = found.verdict(setup.slug, needs_link=False)
    grant = found.grants.get(setup.row.pk or 0)
    row: dict[str, Any] = {
        "label": setup.label,
        "text": setup.text,
        "is_verified": setup.is_verified,
        "grant": grant,
        "account": _account(grant),
        "asks": ASK_LABELS[Ask(str(verdict.value))] if verdict.allowed else "",
        "begin_url": places.url(request, "connections-begin", connector=setup.slug),
        "unlink_url": places.url(request, "connections-unlink", connector=setup.slug),
    }
    if not verdict.allowed:
        return row | {
            "state": "closed",
            "status": ("off", _("Disabled by admin")),
            "why": verdict.reason,
            "ended": _ended(ended),
        }
    if grant is not None:
        use = found.verdict(setup.slug)
        kind, word = ("ok", _("Signed in")) if use.allowed else ("bad", _("Refused"))
        why = "" if use.allowed else use.reason
        return row | {"state": "linked", "status": (kind, word), "why": why}
    return row | {
        "state": "open",
        "status": ("wait", _("Not signed in")),
        "can_begin": setup.is_set_up,
        "why": ""
        if setup.is_set_up
        else _("An admin has to register this workspace at the app first."),
        "ended": _ended(ended),
    }


def _account(grant: ConnectorGrant | None) -> str:
    if grant is None:
        return ""
    return sealing.opened(
        grant.sealed_account,
        workspace_id=grant.workspace_id,
        place=sealing.account_of(grant.public_id),
    )


def _ended(grant: ConnectorGrant | None) -> dict[str, Any] | None:
    """How the last sign-in of the member ended."""
    if grant is None:
        return None
    return {"why": END_LABELS[End(grant.end)], "at": grant.ended_at}


def _member(request: Any) -> Membership:
    member_id = request.access.membership_id
    return members.by_id(ids=[member_id])[member_id]


def _sign_in(request: Any) -> Any:
    """The sign-in of this browser; an answer is taken in the same one only."""
    held = standing.held(request.session)
    if held is None:
        raise Http404
    return held.sign_in
