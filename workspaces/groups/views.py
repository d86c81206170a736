"""Groups: the list, one group with its people, and what changes it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, guard
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.groups import selectors, services
from workspaces.groups.forms import (
    DeleteForm,
    FindForm,
    GroupForm,
    ManagedGroupForm,
    MemberForm,
    PickForm,
)
from workspaces.groups.models import Group, Source
from workspaces.groups.selectors import Counted, Listed
from workspaces.groups.services.keeping import MOST_GROUPS
from workspaces.members import selectors as people
from workspaces.members.models import Membership, MembershipStatus
from workspaces.members.selectors import Wanted
from workspaces.roles.matrix import LABELS, Role
from workspaces.roles.selectors import custom_roles_through

_PICKED = 10


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def groups_list(request: Any) -> HttpResponse:
    """Every group of the workspace, by name."""
    form = FindForm(request.GET)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    rows, page = selectors.page(prefix=asked, after=request.GET.get("after"))
    is_fit = form.is_valid()
    context = {
        "form": form,
        "q": asked,
        "rows": [_row(request, one) for one in rows] if is_fit else [],
        "total": selectors.number(),
        "next_url": is_fit and page.next and _query(q=asked, after=page.next),
        "previous_url": is_fit
        and page.previous
        and _query(q=asked, after=page.previous),
        "create_url": _url(request, "groups-create"),
        "can": request.actor.may(Permission.MEMBERS_MANAGE),
        "crumbs": _crumbs(request),
    }
    return render(request, "workspaces/groups/list.html", context)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def groups_create(request: Any) -> HttpResponse:
    """Make a group that is kept here."""
    form = GroupForm(request.POST or None, initial={"is_discoverable": True})
    if form.is_bound and form.is_valid():
        try:
            made = services.found(
                actor=request.actor,
                workspace=request.workspace,
                at=clock.now(),
                **form.cleaned_data,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The group “%s” is there.") % made.name)
            return redirect(_url(request, "groups-detail", group=made.public_id))
    context = {
        "form": form,
        "most": grouped(MOST_GROUPS),
        "keep_url": _url(request, "groups-list"),
        "crumbs": [*_crumbs(request), {"label": _("Create a group")}],
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/groups/create.html", context, status=status)


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def groups_detail(request: Any, group: UUID) -> HttpResponse:
    """One group: who is in it, what it gives, and who could come in."""
    found = selectors.one(group=group)
    listed, page = selectors.people_of(group=found, after=request.GET.get("after"))
    form = PickForm(request.GET)
    wanted = form.cleaned_data["find"] if form.is_valid() else ""
    can_change = _can_change(request, found)
    context = {
        "group": _row(request, selectors.counted_one(group=found)),
        "custom_roles": custom_roles_through(group_id=found.pk),
        "people": [_person(request, one) for one in listed],
        "next_url": page.next and _query(after=page.next),
        "previous_url": page.previous and _query(after=page.previous),
        "can_edit": request.actor.may(Permission.MEMBERS_MANAGE),
        "can_change": can_change,
        "form": form,
        "find": wanted,
        "picks": _picks(found, wanted) if can_change else [],
        "members_url": f"{_url(request, 'members-list')}?group={found.public_id}",
        "crumbs": _crumbs(request, found),
    }
    return render(request, "workspaces/groups/detail.html", context)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def groups_edit(request: Any, group: UUID) -> HttpResponse:
    """Another name, and whether members find the group."""
    found = selectors.one(group=group)
    is_managed = found.source == Source.SCIM
    form = (ManagedGroupForm if is_managed else GroupForm)(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "is_discoverable": found.is_discoverable},
    )
    if form.is_bound and form.is_valid():
        try:
            services.edit(
                actor=request.actor,
                workspace=request.workspace,
                group=group,
                name=form.cleaned_data.get("name", ""),
                is_discoverable=form.cleaned_data["is_discoverable"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The group was changed."))
            return redirect(_url(request, "groups-detail", group=group))
    context = {
        "form": form,
        "group": found,
        "is_managed": is_managed,
        "keep_url": _url(request, "groups-detail", group=group),
        "crumbs": [*_crumbs(request, found), {"label": _("Change")}],
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/groups/edit.html", context, status=status)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def groups_delete(request: Any, group: UUID) -> HttpResponse:
    """Delete a group, once its name was typed; the page says what goes with it."""
    found = selectors.one(group=group)
    error, form = "", DeleteForm(request.POST)
    if request.method == "POST":
        typed = form.cleaned_data["typed_name"] if form.is_valid() else ""
        error = "" if typed == found.name else _("Type the name exactly.")
        if not error:
            try:
                services.discard(
                    actor=request.actor,
                    workspace=request.workspace,
                    group=group,
                    at=clock.now(),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                messages.success(request, _("The group “%s” is gone.") % found.name)
                return redirect(_url(request, "groups-list"))
    counted = selectors.counted_one(group=found)
    context = {
        "group": _row(request, counted),
        "custom_roles": custom_roles_through(group_id=found.pk),
        "people": _people(counted.people),
        "is_managed": found.source == Source.SCIM,
        "error": error,
        "keep_url": _url(request, "groups-detail", group=group),
        "crumbs": [*_crumbs(request, found), {"label": _("Delete")}],
    }
    status = 422 if error else 200
    return render(request, "workspaces/groups/delete.html", context, status=status)


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def groups_add(request: Any, group: UUID) -> HttpResponse:
    """Put a member into the group."""
    return _move(request, group, services.admit, _("%(who)s is in “%(group)s” now."))


@guard.requires(Permission.MEMBERS_MANAGE)
@require_POST
def groups_take_out(request: Any, group: UUID) -> HttpResponse:
    """Take a member out of the group."""
    return _move(request, group, services.dismiss, _("%(who)s left “%(group)s”."))


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def groups_of_member(request: Any, member: UUID) -> HttpResponse:
    """The groups of one member, as a part of their page or as a page of its own."""
    found = people.one(member=member)
    rows = selectors.groups_of(membership_id=found.pk)
    url = _url(request, "members-detail", member=found.public_id)
    context = {
        "name": _name(found),
        "rows": [
            {
                "name": row.name,
                "is_managed": row.source == Source.SCIM,
                "url": _url(request, "groups-detail", group=row.public_id),
            }
            for row in rows
        ],
        "crumbs": [*_crumbs(request), {"label": _name(found), "url": url}],
    }
    name = "workspaces/groups/of_member.html"
    return render(request, f"{name}#part" if request.htmx else name, context)


def _move(request: Any, group: UUID, verb: Any, said: str) -> HttpResponse:
    found, form = selectors.one(group=group), MemberForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a member; nothing was changed."))
        return redirect(_url(request, "groups-detail", group=group))
    member = people.one(member=form.cleaned_data["member"])
    verb(
        actor=request.actor,
        workspace=request.workspace,
        group=group,
        members=[member.public_id],
        at=clock.now(),
    )
    messages.success(request, said % {"who": _name(member), "group": found.name})
    return redirect(_url(request, "groups-detail", group=group))


def _can_change(request: Any, group: Group) -> bool:
    return bool(
        group.source == Source.PORTAL and request.actor.may(Permission.MEMBERS_MANAGE)
    )


def _picks(group: Group, wanted: str) -> list[dict[str, Any]]:
    """Members who fit what was typed, without those who are in already."""
    if not wanted:
        return []
    rows = people.listed(wanted=Wanted(find=wanted), size=_PICKED).rows
    inside = selectors.inside(group=group, memberships=[row.pk for row in rows])
    return [
        {
            "name": _name(row),
            "email": row.email,
            "id": row.public_id,
            "is_in": row.pk in inside,
        }
        for row in rows
    ]


def _row(request: Any, one: Counted) -> dict[str, Any]:
    group = one.group
    return {
        "id": group.public_id,
        "name": group.name,
        "people": _people(one.people),
        "number": one.people,
        "role": LABELS[Role(one.role)] if one.role else "",
        "is_managed": group.source == Source.SCIM,
        "is_discoverable": group.is_discoverable,
        "created_at": group.created_at,
        "url": _url(request, "groups-detail", group=group.public_id),
    }


def _person(request: Any, one: Listed) -> dict[str, Any]:
    row = one.membership
    if row is None:
        return {"name": one.entry.display or _("Not a member here"), "email": ""}
    return {
        "id": row.public_id,
        "name": _name(row),
        "email": row.email,
        "is_out": row.status != MembershipStatus.ACTIVE,
        "status": MembershipStatus(row.status).label,
        "url": _url(request, "members-detail", member=row.public_id),
    }


def _people(number: int) -> str:
    words = ngettext("%s person", "%s people", number)
    return words % grouped(number)


def _name(row: Membership) -> str:
    return row.name or row.email


def _query(**asked: str) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}"


def _url(request: Any, page: str, **names: Any) -> str:
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def _crumbs(request: Any, group: Group | None = None) -> list[dict[str, str]]:
    workspace = request.workspace
    crumbs = [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": _url(request, "overview")},
        {"label": _("Groups"), "url": _url(request, "groups-list")},
    ]
    if group is None:
        return crumbs
    url = _url(request, "groups-detail", group=group.public_id)
    return [*crumbs, {"label": group.name, "url": url}]
