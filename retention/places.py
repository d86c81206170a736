"""Where the pages of retention lie: their links and the crumbs that lead to them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise

from workspaces.tenancy.selectors import WorkspaceRef

Label = str | Promise


def link(request: Any, name: str, **names: Any) -> str:
    """The address of a page of this request's workspace."""
    return place(request.workspace, name, **names)


def place(workspace: WorkspaceRef, name: str, **names: Any) -> str:
    """The address of a page of a workspace, where no request is at hand."""
    return reverse(name, kwargs={"workspace": workspace.slug, **names})


def query(**asked: str | None) -> str:
    """A query string of what was asked; what is empty stays away."""
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}"


def crumbs(
    request: Any, label: Label, *, above: Sequence[tuple[Label, str]] = ()
) -> list[dict[str, Any]]:
    """The way to a page: organization, workspace, `above` as (label, URL name)."""
    return [
        {"label": request.workspace.organization.name},
        {
            "label": request.workspace.name,
            "url": link(request, "workspaces:overview"),
        },
        *({"label": text, "url": link(request, name)} for text, name in above),
        {"label": label},
    ]
