"""One role: what it says, who has it, and giving it to members and groups."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import LABELS as PERMISSIONS
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors, services, words
from workspaces.access.features import GROUPS, LABELS
from workspaces.access.forms import FindForm, GroupForm, MemberForm
from workspaces.access.models import CustomRole
from workspaces.access.views import showing
from workspaces.groups import selectors as groups
from workspaces.groups.models import Source
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.members.selectors import Wanted

_PICKED = 10
_STEMS = ("settings", "rename", "delete", "assign-member", "assign-group")


@guard.requires(Permission.ROLES_VIEW)
@require_GET
def role(request: Any, role: UUID) -> HttpResponse:
    """What the role says and grants, and to whom it is given."""
    return _page(request, selectors.one(role=role))


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def assign_member(request: Any, role: UUID) -> HttpResponse:
    """Give the role to the member with that address."""
    found, form = selectors.one(role=role), MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, found, member_form=form, status=422)
    try:
        member = services.assign_to_member(
            actor=request.actor,
            workspace=request.workspace,
            role=role,
            member=members.addressed(email=form.cleaned_data["email"]).public_id,
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error("email", str(refusal))
        return _page(request, found, member_form=form, status=_status(refusal))
    messages.success(request, _("%s has the role now.") % _name(member))
    return _back(request, role)


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def assign_group(request: Any, role: UUID) -> HttpResponse:
    """Give the role to all who are in the group of that name."""
    found, form = selectors.one(role=role), GroupForm(request.POST)
    if not form.is_valid():
        return _page(request, found, group_form=form, status=422)
    try:
        group = services.assign_to_group(
            actor=request.actor,
            workspace=request.workspace,
            role=role,
            group=groups.named(name=form.cleaned_data["group"]).public_id,
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error("group", str(refusal))
        return _page(request, found, group_form=form, status=_status(refusal))
    words_of = _("Everybody in “%s” has the role now, and who joins it gets it.")
    messages.success(request, words_of % group.name)
    return _back(request, role)


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def take_member(request: Any, role: UUID, member: UUID) -> HttpResponse:
    """Take the role back from one member."""
    row = services.take_from_member(
        actor=request.actor,
        workspace=request.workspace,
        role=role,
        member=member,
        at=clock.now(),
    )
    messages.success(
        request, _("The role is no longer given to %s directly.") % _name(row)
    )
    return _back(request, role)


@guard.requires(Permission.ROLES_MANAGE)
@require_POST
def take_group(request: Any, role: UUID, group: UUID) -> HttpResponse:
    """Take the role back from everybody in a group."""
    row = services.take_from_group(
        actor=request.actor,
        workspace=request.workspace,
        role=role,
        group=group,
        at=clock.now(),
    )
    messages.success(request, _("The group “%s” gives the role no more.") % row.name)
    return _back(request, role)


def _page(
    request: Any,
    role: CustomRole,
    *,
    member_form: MemberForm | None = None,
    group_form: GroupForm | None = None,
    status: int = 200,
) -> HttpResponse:
    find = FindForm(request.GET)
    wanted = find.cleaned_data["find"] if find.is_valid() else ""
    may_manage = request.actor.may(Permission.ROLES_MANAGE)
    context = {
        "role": role,
        "find_form": find,
        "find": wanted,
        "picks": _picks(role, wanted) if may_manage else [],
        "settings": _settings(request, role),
        "grants": _grants(role),
        "members": _members(request, role),
        "groups": _groups(request, role),
        "member_form": member_form or MemberForm(),
        "group_form": group_form or GroupForm(),
        "may_manage": may_manage,
        "why_not": _("Only owners change roles."),
        "urls": {
            stem.replace("-", "_"): showing.url(
                request, f"access-{stem}", role=role.public_id
            )
            for stem in _STEMS
        },
        "crumbs": showing.crumbs(request, role=role),
    }
    return render(request, "workspaces/access/role.html", context, status=status)


def _picks(role: CustomRole, wanted: str) -> list[dict[str, Any]]:
    """Groups and members who fit what was typed, and whether they have the role."""
    if not wanted:
        return []
    found, _page_of = groups.page(prefix=wanted, size=_PICKED)
    rows = members.listed(wanted=Wanted(find=wanted), size=_PICKED).rows
    given = selectors.given_among(
        role=role,
        groups=[one.group.pk for one in found],
        members=[one.pk for one in rows],
    )
    return [
        *(
            {
                "name": one.group.name,
                "fact": ngettext("group of %s person", "group of %s people", one.people)
                % grouped(one.people),
                "field": "group",
                "value": one.group.name,
                "has_it": one.group.pk in given.group_ids,
            }
            for one in found
        ),
        *(
            {
                "name": _name(row),
                "fact": row.email,
                "field": "email",
                "value": row.email,
                "has_it": row.pk in given.member_ids,
            }
            for row in rows
        ),
    ]


def _settings(request: Any, role: CustomRole) -> list[dict[str, Any]]:
    said = selectors.state(workspace=request.workspace).said[role.pk]
    return [
        {"name": LABELS[one], "value": words.of_value(said[one])}
        for _label, some in GROUPS
        for one in some
        if one in said
    ]


def _grants(role: CustomRole) -> list[Any]:
    held = selectors.granted_by(role=role)
    return [PERMISSIONS[one] for one in Permission if one in held]


def _members(request: Any, role: CustomRole) -> dict[str, Any]:
    after = request.GET.get("members")
    page, found = selectors.members_with(role=role, after=after)
    return {
        "rows": [
            _member(request, role, found[r.membership_id or 0]) for r in page.rows
        ],
        "next": _query("members", page.next),
        "previous": _query("members", page.previous),
    }


def _member(request: Any, role: CustomRole, row: Membership) -> dict[str, Any]:
    return {
        "name": _name(row),
        "email": row.email if row.name else "",
        "url": showing.url(request, "members-detail", member=row.public_id),
        "take_url": showing.url(
            request, "access-take-member", role=role.public_id, member=row.public_id
        ),
    }


def _groups(request: Any, role: CustomRole) -> dict[str, Any]:
    after = request.GET.get("groups")
    page, found = selectors.groups_with(role=role, after=after)
    return {
        "rows": [_group(request, role, found[r.group_id or 0]) for r in page.rows],
        "next": _query("groups", page.next),
        "previous": _query("groups", page.previous),
    }


def _group(request: Any, role: CustomRole, one: groups.Counted) -> dict[str, Any]:
    people = ngettext("%s person", "%s people", one.people) % grouped(one.people)
    return {
        "name": one.group.name,
        "people": people,
        "is_scim": one.group.source == Source.SCIM,
        "take_url": showing.url(
            request,
            "access-take-group",
            role=role.public_id,
            group=one.group.public_id,
        ),
    }


def _query(name: str, cursor: str | None) -> str:
    return f"?{urlencode({name: cursor})}" if cursor else ""


def _name(row: Membership) -> str:
    return row.name or row.email


def _status(refusal: Refused) -> int:
    """What is not there is a mistake in the form, not in the address of the page."""
    return 422 if refusal.status == 404 else refusal.status


def _back(request: Any, role: UUID) -> HttpResponse:
    return redirect(showing.url(request, "access-role", role=role))
