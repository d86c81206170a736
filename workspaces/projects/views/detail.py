"""One project: its words, files and shares, and one's own conversations in it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.formatting import absolute, size
from kit.http.downloads import attached
from workspaces.access.features import Feature
from workspaces.content import selectors as content
from workspaces.groups import selectors as groups
from workspaces.projects import selectors, services
from workspaces.projects.forms import FileForm, ProjectForm, ShareForm
from workspaces.projects.kinds import FILES, PROJECTS
from workspaces.projects.models import ShareRight
from workspaces.projects.selectors import Seen, Shared
from workspaces.projects.views.access import Here, about

_CONVERSATIONS = 25
_RIGHTS = {ShareRight.USE: _lazy("may use it"), ShareRight.EDIT: _lazy("may edit it")}


@guard.signed_in
@require_safe
def my_project(request: Any, project: UUID) -> HttpResponse:
    """One project that the person owns or sees."""
    with about(request, project) as (here, seen):
        return _page(request, here, seen)


@guard.signed_in
@require_POST
def my_project_change(request: Any, project: UUID) -> HttpResponse:
    """Rename a project, or change its instructions."""
    with about(request, project) as (here, seen):
        form = ProjectForm(request.POST)
        if not form.is_valid():
            return _page(request, here, seen, form=form)
        services.change(
            actor=here.actor,
            workspace=here.workspace,
            member=here.member,
            seen=seen,
            at=clock.now(),
            **form.cleaned_data,
        )
        messages.success(request, _("The project is changed."))
    return redirect("workspaces:my-project", project=project)


@guard.signed_in
@require_POST
def my_project_file(request: Any, project: UUID) -> HttpResponse:
    """Put a file into a project."""
    with about(request, project) as (here, seen):
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return _page(request, here, seen, file_form=form)
        upload = form.cleaned_data["file"]
        services.add_file(
            actor=here.actor,
            workspace=here.workspace,
            member=here.member,
            seen=seen,
            name=upload.name,
            content=upload.read(),
            at=clock.now(),
        )
        messages.success(request, _("The file is in the project."))
    return redirect("workspaces:my-project", project=project)


@guard.signed_in
@require_safe
def my_project_download(request: Any, project: UUID, file: UUID) -> HttpResponse:
    """The bytes of one file, never shown as a page of this site."""
    with about(request, project) as (here, seen):
        try:
            name, found = selectors.file_bytes(
                seen=seen,
                file=file,
                workspace=here.workspace.public_id,
                at=clock.now(),
            )
        except selectors.UnknownFile as unknown:
            raise Http404 from unknown
        services.note_read(
            actor=here.actor,
            workspace=here.workspace,
            seen=seen,
            files=[file],
            at=clock.now(),
        )
    return attached(name=name, content=found)


@guard.signed_in
@require_POST
def my_project_share(request: Any, project: UUID) -> HttpResponse:
    """Share a project with a member or a group."""
    with about(request, project) as (here, seen):
        form = _share_form(request.POST)
        if not form.is_valid():
            return _page(request, here, seen, share_form=form)
        asked = form.cleaned_data
        found = (
            groups.one(group=UUID(asked["group"]))
            if asked["group"]
            else selectors.colleague(email=asked["email"])
        )
        if found is None:
            form.add_error("email", _("Nobody in this workspace has this address."))
            return _page(request, here, seen, share_form=form)
        services.share(
            actor=here.actor,
            workspace=here.workspace,
            member=here.member,
            seen=seen,
            with_whom=found,
            right=ShareRight(asked["right"]),
            at=clock.now(),
        )
        messages.success(request, _("The project is shared."))
    return redirect("workspaces:my-project", project=project)


@guard.signed_in
@require_POST
def my_project_unshare(request: Any, project: UUID, share: UUID) -> HttpResponse:
    """End a share."""
    with about(request, project) as (here, seen):
        services.unshare(
            actor=here.actor,
            workspace=here.workspace,
            member=here.member,
            seen=seen,
            share=share,
            at=clock.now(),
        )
        messages.success(request, _("The share has ended."))
    return redirect("workspaces:my-project", project=project)


@guard.signed_in
@require_POST
def my_project_put(request: Any, project: UUID) -> HttpResponse:
    """Put one of the person's own conversations into a project, or take it out."""
    with about(request, project) as (here, seen):
        row = selectors.own_conversation(
            member=here.member,
            workspace=here.workspace,
            conversation=request.POST.get("conversation", ""),
            at=clock.now(),
        )
        if request.POST.get("act") == "take-out":
            services.take_out(
                actor=here.actor,
                workspace=here.workspace,
                member=here.member,
                conversation=row,
                at=clock.now(),
            )
        else:
            services.file_away(
                actor=here.actor,
                workspace=here.workspace,
                member=here.member,
                conversation=row,
                seen=seen,
                at=clock.now(),
            )
    return redirect("workspaces:my-project", project=project)


def _page(
    request: Any,
    here: Here,
    seen: Seen,
    *,
    form: ProjectForm | None = None,
    file_form: FileForm | None = None,
    share_form: ShareForm | None = None,
) -> HttpResponse:
    workspace = here.workspace.public_id
    instructions = selectors.instructions_of(seen=seen, workspace=workspace)
    services.note_read(
        actor=here.actor, workspace=here.workspace, seen=seen, at=clock.now()
    )
    initial = {"name": seen.name, "instructions": instructions}
    may_use = selectors.may(member=here.member, feature=Feature.PROJECTS_USE)
    may_share = selectors.may(member=here.member, feature=Feature.PROJECTS_SHARE)
    failed = any(one is not None for one in (form, file_form, share_form))
    context = {
        "access": here.access,
        "seen": seen,
        "instructions": instructions,
        "form": form or ProjectForm(initial=initial),
        "file_form": file_form or FileForm(),
        "share_form": share_form or _share_form(None),
        "may_use": may_use,
        "may_share": may_share,
        "may_upload": selectors.may(member=here.member, feature=Feature.FILE_UPLOAD),
        "files": _files(here, seen),
        "shares": [_share(seen, one) for one in selectors.shares_of(seen=seen)]
        if seen.is_mine
        else [],
        **_conversations(here, seen),
        "urls": _urls(seen),
        "list_url": here.url("workspaces:my-projects"),
    }
    return render(
        request,
        "workspaces/projects/detail.html",
        context,
        status=400 if failed else 200,
    )


def _share_form(data: Any) -> ShareForm:
    found = list(groups.discoverable().order_by("folded_name", "id")[:200])
    return ShareForm(data, groups=found)


def _urls(seen: Seen) -> dict[str, str]:
    names = {"project": seen.row.public_id}
    acts = ("change", "file", "share", "put")
    urls = {act: reverse(f"workspaces:my-project-{act}", kwargs=names) for act in acts}
    urls["delete"] = reverse(
        "retention:my-object-delete",
        kwargs={"kind": PROJECTS, "stored": seen.row.public_id},
    )
    return urls


def _files(here: Here, seen: Seen) -> list[dict[str, Any]]:
    found = selectors.files_of(
        seen=seen, workspace=here.workspace.public_id, at=clock.now()
    )
    return [
        {
            "name": name,
            "fact": f"{size(row.size)}, {absolute(row.created_at)}",
            "url": reverse(
                "workspaces:my-project-download",
                kwargs={"project": seen.row.public_id, "file": row.public_id},
            ),
            "delete_url": reverse(
                "retention:my-object-delete",
                kwargs={"kind": FILES, "stored": row.public_id},
            )
            if seen.is_mine or row.owner_id == here.member.pk
            else "",
        }
        for row, name in found
    ]


def _share(seen: Seen, one: Shared) -> dict[str, Any]:
    return {
        "title": one.name,
        "icon": "users-group" if one.is_group else "user",
        "fact": _RIGHTS[ShareRight(one.row.right)],
        "url": reverse(
            "workspaces:my-project-unshare",
            kwargs={"project": seen.row.public_id, "share": one.row.public_id},
        ),
    }


def _conversations(here: Here, seen: Seen) -> dict[str, Any]:
    workspace = here.workspace.public_id
    mine = selectors.conversations_of(
        member=here.member, workspace=here.workspace, at=clock.now()
    ).defer("raw")
    inside = mine.filter(project=seen.row)
    others = mine.exclude(pk__in=inside.values("pk"))
    inside_rows = list(inside.order_by("-last_activity_at", "-id")[:_CONVERSATIONS])
    other_rows = list(others.order_by("-last_activity_at", "-id")[:_CONVERSATIONS])
    titles = content.open_titles(
        conversations=[*inside_rows, *other_rows], workspace=workspace
    )
    untitled = _("Untitled")
    return {
        "conversations": [
            {
                "title": titles.get(row.pk) or untitled,
                "id": row.public_id,
                "url": reverse(
                    "retention:my-conversation",
                    kwargs={"conversation": row.public_id},
                ),
            }
            for row in inside_rows
        ],
        "others": [
            {"title": titles.get(row.pk) or untitled, "id": row.public_id}
            for row in other_rows
        ],
    }
