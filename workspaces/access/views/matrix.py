"""The matrix of settings and roles, and what the built-in roles may do."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from kit import guard
from kit.formatting import grouped
from kit.permissions import LABELS as PERMISSIONS
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors, words
from workspaces.access.effects import State
from workspaces.access.features import GROUPS, LABELS, Feature, on_plan
from workspaces.access.models import CustomRole
from workspaces.access.services.keeping import MOST_ROLES
from workspaces.access.views import showing
from workspaces.roles.matrix import LABELS as ROLES
from workspaces.roles.matrix import Role, grantable_on, permissions_of
from workspaces.tenancy.plans import LABELS as PLANS
from workspaces.tenancy.plans import Plan

# As many as can be read side by side; the rest is a page further.
COLUMNS = 4


class NoSuchColumns(Refused):
    """The link names no place in the list of roles."""

    status = 400


@guard.requires(Permission.ROLES_VIEW)
@require_GET
def matrix(request: Any) -> HttpResponse:
    """Every setting, what the workspace gives of it, and what each role says."""
    state = selectors.state(workspace=request.workspace)
    roles, reach = selectors.roles(), selectors.reach()
    start = _start(request, len(roles))
    shown = roles[start : start + COLUMNS]
    context = {
        "columns": [_column(request, one) for one in shown],
        "groups": _groups(state, shown),
        "powers": _powers(state, shown),
        "roles": [_line(request, one, reach) for one in roles],
        "plan": PLANS[Plan(request.workspace.plan)],
        "may_manage": request.actor.may(Permission.ROLES_MANAGE),
        "why_not": _("Only owners change roles."),
        "is_full": len(roles) >= MOST_ROLES,
        "pages": _pages(start, len(roles)),
        "crumbs": showing.crumbs(request),
    }
    return render(request, "workspaces/access/matrix.html", context)


@guard.requires(Permission.ROLES_VIEW)
@require_GET
def built_in(request: Any) -> HttpResponse:
    """What each built-in role may do, on this plan or on another."""
    asked = request.GET.get("plan", request.workspace.plan)
    plan = Plan(asked) if asked in list(Plan) else Plan(request.workspace.plan)
    rows = [
        {
            "label": PERMISSIONS[one],
            "cells": [
                {"role": ROLES[r], "may": one in permissions_of(role=r, plan=plan)}
                for r in Role
            ],
        }
        for one in Permission
        if one in permissions_of(role=Role.OWNER, plan=plan)
    ]
    context = {
        "rows": rows,
        "roles": [ROLES[one] for one in Role],
        "plan": PLANS[plan],
        "is_own": plan == request.workspace.plan,
        "options": [
            {
                "label": PLANS[one],
                "url": f"?plan={one.value}",
                "chosen": one is plan,
            }
            for one in Plan
        ],
        "crumbs": showing.crumbs(request, _("Built-in roles")),
    }
    return render(request, "workspaces/access/built_in.html", context)


def _start(request: Any, number: int) -> int:
    text = request.GET.get("from", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise NoSuchColumns(_("This link names no place in the list of roles."))
    return min(int(text), max(number - 1, 0)) // COLUMNS * COLUMNS


def _pages(start: int, number: int) -> dict[str, Any]:
    last = min(start + COLUMNS, number)
    words_of = _("Roles %(first)d to %(last)d of %(all)d, by name")
    return {
        "text": words_of % {"first": start + 1, "last": last, "all": number},
        "is_needed": number > COLUMNS,
        "previous": f"?from={start - COLUMNS}" if start else "",
        "next": f"?from={last}" if last < number else "",
    }


def _column(request: Any, role: CustomRole) -> dict[str, str]:
    to = showing.url(request, "access-role", role=role.public_id)
    return {"name": role.name, "url": to}


def _groups(state: State, roles: Sequence[CustomRole]) -> list[dict[str, Any]]:
    set_here, possible = selectors.set_features(), on_plan(state.plan)
    groups = [
        {
            "label": label,
            "rows": [
                _row(state, roles, feature, is_set=feature in set_here)
                for feature in some
                if feature in possible
            ],
        }
        for label, some in GROUPS
    ]
    return [one for one in groups if one["rows"]]


def _row(
    state: State, roles: Sequence[CustomRole], feature: Feature, *, is_set: bool
) -> dict[str, Any]:
    given = state.baseline[feature]
    return {
        "label": LABELS[feature],
        "given": words.briefly(given),
        "is_set": is_set,
        "cells": [
            {
                "role": role.name,
                "word": words.briefly(state.said[role.pk].get(feature, given)),
                "overrides": feature in state.said[role.pk],
            }
            for role in roles
        ],
    }


def _powers(state: State, roles: Sequence[CustomRole]) -> list[dict[str, Any]]:
    granted = [state.grants.get(role.pk, frozenset()) for role in roles]
    anything = frozenset().union(*granted)
    return [
        {
            "label": PERMISSIONS[one],
            "cells": [
                {"role": role.name, "grants": one in held}
                for role, held in zip(roles, granted, strict=True)
            ],
        }
        for one in Permission
        if one in anything and one in grantable_on(state.plan)
    ]


def _line(
    request: Any, role: CustomRole, reach: dict[int, selectors.Reach]
) -> dict[str, Any]:
    found = reach.get(role.pk, selectors.Reach())
    members = ngettext("%s member", "%s members", found.members)
    groups = ngettext("%s group", "%s groups", found.groups)
    return {
        **_column(request, role),
        "purpose": role.purpose,
        "members": members % grouped(found.members),
        "groups": groups % grouped(found.groups),
    }
