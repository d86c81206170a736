"""Where the pages of connectors lie in the workspace of a request."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _


def url(request: Any, page: str, **names: Any) -> str:
    """The address of a page here."""
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def redirect_uri(request: Any, connector: str) -> str:
    """Where the app sends members back to; exactly this is registered there."""
    base = settings.CUSTOS_BASE_URL
    return f"{base}{url(request, 'connections-callback', connector=connector)}"


def crumbs(request: Any, *labels: tuple[str, str]) -> list[dict[str, str]]:
    """The way to a page of connectors; each label with its address."""
    workspace = request.workspace
    return [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": url(request, "overview")},
        *({"label": label, "url": place} for label, place in labels),
    ]


def admin_crumbs(request: Any, *more: tuple[str, str]) -> list[dict[str, str]]:
    """The way from the list of connectors on."""
    return crumbs(request, (_("Connectors"), url(request, "connectors-list")), *more)
