"""What one member may use and do here, and why: a page, and a part of the member's."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kit import guard
from kit.permissions import LABELS as PERMISSIONS
from kit.permissions import Permission
from workspaces.access import selectors, words
from workspaces.access.features import GROUPS, LABELS, Feature
from workspaces.access.selectors import Power
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.access.views import showing
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.roles.matrix import LABELS as ROLES
from workspaces.roles.matrix import Role


@guard.requires(Permission.ROLES_VIEW)
@require_GET
def effective(request: Any, member: UUID) -> HttpResponse:
    """Every feature with its value, what decided, and everything that was asked."""
    found = members.one(member=member)
    verdicts = selectors.effective(member=found)
    powers = selectors.powers(member=found, workspace=request.workspace)
    context = {
        "name": found.name or found.email,
        "groups": [_group(label, some, verdicts) for label, some in GROUPS],
        "powers": [_power(found, one) for one in powers],
        "member_url": showing.url(request, "members-detail", member=member),
        "page_url": request.path,
        "crumbs": _crumbs(request, found),
    }
    name = "workspaces/access/effective.html"
    return render(request, f"{name}#access" if request.htmx else name, context)


def _group(
    label: Any, some: tuple[Feature, ...], verdicts: dict[Feature, Verdict]
) -> dict[str, Any]:
    return {"label": label, "rows": [_row(one, verdicts[one]) for one in some]}


def _row(feature: Feature, verdict: Verdict) -> dict[str, Any]:
    return {
        "label": LABELS[feature],
        "allowed": verdict.allowed,
        "value": words.of_value(verdict.value),
        "reason": verdict.reason,
        "trail": [_source(one) for one in verdict.trail],
    }


def _source(source: Source) -> dict[str, Any]:
    path = ""
    if source.where is Where.ROLE:
        path = words.path_of(is_direct=source.is_direct, groups=source.groups)
    return {
        "name": words.of_source(source),
        "path": path,
        "said": words.said_by(source),
        "decided": source.decided,
    }


def _power(member: Membership, power: Power) -> dict[str, Any]:
    sources = list(power.by_custom_roles)
    if power.by_role:
        sources.insert(0, _("the built-in role %s") % ROLES[Role(member.role)])
    return {
        "label": PERMISSIONS[power.permission],
        "allowed": power.allowed,
        "sources": sources,
    }


def _crumbs(request: Any, member: Membership) -> list[dict[str, str]]:
    found = showing.crumbs(request)[:2]
    here = showing.url(request, "members-detail", member=member.public_id)
    return [
        *found,
        {"label": _("Members"), "url": showing.url(request, "members-list")},
        {"label": member.name or member.email, "url": here},
        {"label": _("Access"), "url": ""},
    ]
