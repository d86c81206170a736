"""One's own projects and those shared with one; making a project."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from kit import clock, guard
from kit.formatting import absolute, grouped
from kit.refusals import Refused
from workspaces.access.features import Feature
from workspaces.projects import selectors, services
from workspaces.projects.forms import ProjectForm
from workspaces.projects.selectors import Seen
from workspaces.projects.views.access import Here, chosen, segments


@guard.signed_in
@require_safe
def my_projects(request: Any) -> HttpResponse:
    """The person's projects in one workspace."""
    if not request.accesses:
        return render(request, "retention/own_data/nowhere.html")
    with chosen(request) as here:
        after = request.GET.get("after")
        workspace = here.workspace.public_id
        found = selectors.mine(member=here.member, workspace=workspace, after=after)
        shared = selectors.shared_with(member=here.member, workspace=workspace)
        base = here.url("workspaces:my-projects")
        context = {
            "access": here.access,
            "workspaces": segments(request, here, "workspaces:my-projects"),
            "rows": [_row(here, seen) for seen in found.rows],
            "shared": [] if after else [_row(here, seen) for seen in shared],
            "verdict": selectors.may(member=here.member, feature=Feature.PROJECTS_USE),
            "new_url": here.url("workspaces:my-project-new"),
            "deleted_url": here.url("retention:my-deleted"),
            "next_url": found.next and f"{base}&after={found.next}",
            "previous_url": found.previous and f"{base}&after={found.previous}",
        }
        return render(request, "workspaces/projects/list.html", context)


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def my_project_new(request: Any) -> HttpResponse:
    """Name a project and make it."""
    with chosen(request) as here:
        form = ProjectForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = services.create(
                    actor=here.actor,
                    workspace=here.workspace,
                    member=here.member,
                    at=clock.now(),
                    **form.cleaned_data,
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("workspaces:my-project", project=made.public_id)
        context = {
            "access": here.access,
            "form": form,
            "verdict": selectors.may(member=here.member, feature=Feature.PROJECTS_USE),
            "list_url": here.url("workspaces:my-projects"),
        }
        status = 400 if form.errors else 200
        return render(request, "workspaces/projects/new.html", context, status=status)


def _row(here: Here, seen: Seen) -> dict[str, str]:
    files = ngettext("%(n)s file", "%(n)s files", seen.files) % {
        "n": grouped(seen.files)
    }
    return {
        "title": seen.name,
        "fact": _("%(files)s, changed %(when)s")
        % {"files": files, "when": absolute(seen.row.changed_at)},
        "url": here.url("workspaces:my-project", project=seen.row.public_id),
    }
