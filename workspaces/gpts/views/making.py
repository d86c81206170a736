"""What members see of GPTs: the lists, one GPT, writing one, its versions."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.http.downloads import attached
from kit.permissions import Permission
from workspaces.access.features import Feature
from workspaces.gpts import authority, history, places, selectors, services, showing
from workspaces.gpts.forms import DraftForm
from workspaces.gpts.models import Gpt
from workspaces.gpts.places import Places
from workspaces.gpts.rules import Act
from workspaces.gpts.selectors import Tab
from workspaces.gpts.views.trying import attempted
from workspaces.members.models import Membership


@guard.requires(Permission.OWN_DATA)
@require_safe
def gpts_list(request: Any) -> HttpResponse:
    """What the member made, was given, and finds in the workspace."""
    where, member = places.of(request), authority.member_of(request.actor)
    tab = _tab(request.GET.get("tab", ""))
    use = showing.may(member, Feature.GPTS_USE)
    page = selectors.page_of(member=member, tab=tab, after=request.GET.get("after"))
    context = {
        "tabs": showing.tabs(where, tab),
        "use": use,
        "rows": showing.rows(where, page.rows, member=member)
        if use.allowed or tab is Tab.MINE
        else [],
        "now": clock.now(),
        "tab": tab.value,
        "create": showing.may(member, Feature.GPTS_CREATE),
        "create_url": where.url("create"),
        "next_url": page.next and showing.query(tab=tab.value, after=page.next),
        "previous_url": page.previous
        and showing.query(tab=tab.value, after=page.previous),
        "crumbs": where.crumbs(),
    }
    return render(request, "workspaces/gpts/list.html", context)


@guard.requires(Permission.OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def gpts_create(request: Any) -> HttpResponse:
    """Write a new GPT."""
    where, member = places.of(request), authority.member_of(request.actor)
    form = DraftForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        made = attempted(form, lambda: _made(request, form))
        if made is not None:
            messages.success(request, _("The GPT is made. Nobody else can use it yet."))
            return redirect(where.url("detail", gpt=made.public_id))
    context = {
        "form": form,
        "create": showing.may(member, Feature.GPTS_CREATE),
        "upload": showing.may(member, Feature.FILE_UPLOAD),
        "back_url": where.url("list"),
        "crumbs": where.crumbs((_("Make a GPT"), "")),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/gpts/create.html", context, status=status)


@guard.requires(Permission.OWN_DATA)
@require_safe
def gpts_detail(request: Any, gpt: UUID) -> HttpResponse:
    """One GPT: what it is, what of it is available, and what one may do with it."""
    where, member = places.of(request), authority.member_of(request.actor)
    row = selectors.one(gpt=gpt)
    if row.owner_id != member.pk:  # one's own is seen and deleted whatever is off
        authority.demand(member, row, Act.USE)
    at = clock.now()
    shown = showing.detail(where, row, member=member, at=at)
    if shown["config"]:
        _note_read(request, row, versions=[shown["version"].number])
    context = {
        **shown,
        "now": at,
        "crumbs": where.crumbs((showing.name_for(row, member), "")),
    }
    return render(request, "workspaces/gpts/detail.html", context)


@guard.requires(Permission.OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def gpts_edit(request: Any, gpt: UUID) -> HttpResponse:
    """Write the next version of a GPT."""
    where, member = places.of(request), authority.member_of(request.actor)
    row = selectors.one(gpt=gpt)
    authority.demand(member, row, Act.EDIT)
    form = _edit_form(request, row)
    if form.is_bound and form.is_valid():
        saved = attempted(form, lambda: _saved(request, row, form))
        if saved is not None:
            messages.success(request, _("Version %d is saved.") % saved.latest_number)
            return redirect(where.url("detail", gpt=gpt))
    _note_read(request, row, versions=[row.latest_number])
    context = {
        "form": form,
        "upload": showing.may(member, Feature.FILE_UPLOAD),
        "gpt": row,
        "losing": selectors.hidden_groups_of(gpt=row),
        "back_url": where.url("detail", gpt=gpt),
        "crumbs": _steps(where, row, member, _("Edit")),
    }
    status = 422 if form.errors else 200
    return render(request, "workspaces/gpts/edit.html", context, status=status)


@guard.requires(Permission.OWN_DATA)
@require_safe
def gpts_versions(request: Any, gpt: UUID) -> HttpResponse:
    """Every version of a GPT, and one of them as it was saved."""
    where, member = places.of(request), authority.member_of(request.actor)
    row = selectors.one(gpt=gpt)
    authority.demand(member, row, Act.VIEW_CONFIG)
    shown = history.versions(
        where,
        row,
        chosen=request.GET.get("number", ""),
        against=request.GET.get("against", ""),
        at=clock.now(),
    )
    _note_read(
        request,
        row,
        versions=[one.number for one in (shown["version"], shown["against"]) if one],
    )
    context = {
        **shown,
        "now": clock.now(),
        "crumbs": _steps(where, row, member, _("Versions")),
    }
    return render(request, "workspaces/gpts/versions.html", context)


@guard.requires(Permission.OWN_DATA)
@require_safe
def gpts_file(request: Any, gpt: UUID, file: UUID) -> HttpResponse:
    """The bytes of one of its files, for those who may see its settings."""
    row, member = selectors.one(gpt=gpt), authority.member_of(request.actor)
    authority.demand(member, row, Act.VIEW_CONFIG)
    found = selectors.file_of(gpt=row, file=file, at=clock.now())
    _note_read(request, row, files=[file])
    return attached(name=found.name, content=found.content)


def _note_read(request: Any, row: Gpt, **what: Any) -> None:
    services.note_read(
        actor=request.actor,
        workspace=request.workspace,
        gpt=row,
        at=clock.now(),
        **what,
    )


def _made(request: Any, form: DraftForm) -> Gpt:
    return services.create(
        actor=request.actor,
        workspace=request.workspace,
        draft=form.draft,
        uploads=form.uploads,
        at=clock.now(),
    )


def _saved(request: Any, row: Gpt, form: DraftForm) -> Gpt:
    return services.save_version(
        actor=request.actor,
        workspace=request.workspace,
        gpt=row.public_id,
        draft=form.draft,
        uploads=form.uploads,
        keep_files=form.keep_files,
        at=clock.now(),
    )


def _edit_form(request: Any, row: Gpt) -> DraftForm:
    version = selectors.version_of(gpt=row, number=row.latest_number)
    kept = selectors.file_names_of(gpt=row, ids=version.file_ids, at=clock.now())
    return DraftForm(
        request.POST or None,
        request.FILES or None,
        kept=kept,
        initial=showing.written(row, version),
    )


def _steps(
    where: Places, row: Gpt, member: Membership, label: str
) -> list[dict[str, str]]:
    url = where.url("detail", gpt=row.public_id)
    return where.crumbs((showing.name_for(row, member), url), (label, ""))


def _tab(text: str) -> Tab:
    try:
        return Tab(text)
    except ValueError:
        return Tab.MINE
