"""API keys: the list, issuing one, one key with its rotation and its end."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.formatting import absolute, day, relative
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import places, selectors
from workspaces.keys.forms import IssueForm, RotateForm
from workspaces.keys.models import ApiKey
from workspaces.keys.places import Where
from workspaces.keys.rules import State
from workspaces.keys.scopes import LABELS, Scope
from workspaces.keys.services import api_keys
from workspaces.keys.services.api_keys import IssuedKey

_STATES = {
    State.WORKS: ("ok", _lazy("Works")),
    State.ENDING: ("wait", _lazy("Replaced, ends soon")),
    State.EXPIRED: ("off", _lazy("Expired")),
    State.REVOKED: ("off", _lazy("Revoked")),
    State.OWNER_GONE: ("off", _lazy("Owner left")),
}
_LIVING = (State.WORKS, State.ENDING)


@guard.requires(Permission.KEYS_MANAGE)
@require_safe
def keys_list(request: Any) -> HttpResponse:
    """Every key of the tenant, newest first, ended ones included."""
    where, at = places.of(request), clock.now()
    after = request.GET.get("after")
    page = selectors.page(workspace_id=where.workspace_id, after=after)
    context = {
        "where": where,
        "rows": _rows(where, page.rows, at=at),
        "now": at,
        "issue_url": where.url("issue"),
        "next_url": page.next and f"?{urlencode({'after': page.next})}",
        "previous_url": page.previous and f"?{urlencode({'after': page.previous})}",
        "crumbs": where.crumbs(),
    }
    return render(request, "workspaces/keys/list.html", context)


@guard.requires(Permission.KEYS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def keys_issue(request: Any) -> HttpResponse:
    """A form; its answer shows the new key, this once."""
    where = places.of(request)
    mine, others = selectors.grantable(actor=request.actor, workspace=where.workspace)
    form = IssueForm(request.POST or None, grantable=mine)
    if form.is_bound and form.is_valid():
        try:
            return _shown(request, where, _issue(request, where, form, clock.now()))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "form": form,
        "others": [LABELS[one] for one in others],
        "list_url": where.url("list"),
        "crumbs": where.crumbs(_("Issue an API key")),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/keys/issue.html", context, status=status)


@guard.requires(Permission.KEYS_MANAGE)
@require_safe
def keys_detail(request: Any, key: UUID) -> HttpResponse:
    """One key: what it opens, its history, rotation, and the way to end it."""
    where, at = places.of(request), clock.now()
    found = selectors.one(workspace_id=where.workspace_id, key=key)
    row = _rows(where, [found], at=at)[0]
    context = {
        "row": row,
        "facts": _facts(found, row, at=at),
        "scopes": [
            {"name": one.value, "label": LABELS[one]}
            for one in map(Scope, found.scopes)
        ],
        "form": RotateForm(),
        "can_rotate": row["state"] is State.WORKS,
        "can_revoke": row["state"] in _LIVING,
        "rotate_url": where.url("rotate", key=key),
        "revoke_url": where.url("revoke", key=key),
        "list_url": where.url("list"),
        "crumbs": where.crumbs(found.name),
    }
    return render(request, "workspaces/keys/detail.html", context)


@guard.requires(Permission.KEYS_MANAGE)
@require_POST
def keys_rotate(request: Any, key: UUID) -> HttpResponse:
    """Give the key a successor, and show it this once."""
    where, form = places.of(request), RotateForm(request.POST)
    hours = api_keys.USUAL_OVERLAP_HOURS
    if form.is_valid():
        hours = form.cleaned_data["overlap_hours"]
    issued = api_keys.rotate(
        actor=request.actor,
        organization=where.organization,
        workspace=where.workspace,
        key=key,
        overlap_hours=hours,
        at=clock.now(),
    )
    return _shown(request, where, issued)


@guard.requires(Permission.KEYS_MANAGE)
@require_POST
def keys_revoke(request: Any, key: UUID) -> HttpResponse:
    """End the key from its next request on."""
    where = places.of(request)
    ended = api_keys.revoke(
        actor=request.actor,
        organization=where.organization,
        workspace=where.workspace,
        key=key,
        at=clock.now(),
    )
    messages.success(request, _("“%s” is revoked and opens nothing.") % ended.name)
    return redirect(where.url("list"))


def _issue(request: Any, where: Where, form: IssueForm, at: datetime) -> IssuedKey:
    asked = form.cleaned_data
    return api_keys.issue(
        actor=request.actor,
        organization=where.organization,
        workspace=where.workspace,
        name=asked["name"],
        scopes=asked["scopes"],
        days=asked["days"],
        allowed_networks=asked["networks"],
        at=at,
    )


def _shown(request: Any, where: Where, issued: IssuedKey) -> HttpResponse:
    """The only page that ever holds the secret; no cache may keep it."""
    context = {
        "row": issued.row,
        "secret": issued.secret,
        "until": absolute(issued.row.expires_at),
        "list_url": where.url("list"),
        "detail_url": where.url("detail", key=issued.row.public_id),
        "crumbs": where.crumbs(issued.row.name),
    }
    answer = render(request, "workspaces/keys/issued.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _rows(where: Where, keys: list[ApiKey], *, at: datetime) -> list[dict[str, Any]]:
    states = selectors.states_of(keys=keys, at=at)
    owners = selectors.owners_of(keys=keys)
    return [
        {
            "key": key,
            "url": where.url("detail", key=key.public_id),
            "hint": f"custos_key_…{key.hint}",
            "scopes": ", ".join(key.scopes),
            "owner": owners.get(key.owner_id or 0, _("The operator")),
            "state": states[key.pk],
            "status_kind": _STATES[states[key.pk]][0],
            "status_word": _STATES[states[key.pk]][1],
        }
        for key in keys
    ]


def _facts(key: ApiKey, row: dict[str, Any], *, at: datetime) -> list[dict[str, Any]]:
    used = key.last_used_at
    facts = [
        {"name": _("Begins and ends with"), "value": row["hint"], "is_mono": True},
        {"name": _("Id"), "value": key.public_id, "is_mono": True},
        {"name": _("Belongs to"), "value": row["owner"]},
        {"name": _("Issued"), "value": day(key.created_at)},
        {"name": _("Works until"), "value": absolute(key.expires_at)},
        {
            "name": _("Last used"),
            "value": relative(used, now=at) if used else _("never"),
        },
        {
            "name": _("Only from"),
            "value": ", ".join(key.networks) if key.networks else _("anywhere"),
        },
    ]
    if key.revoked_at:
        facts.append({"name": _("Revoked"), "value": absolute(key.revoked_at)})
    return facts
