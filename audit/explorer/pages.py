"""Where the pages of the log are: an organization's, or narrowed to a workspace."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.query.rules import Query


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The pages of one log, or of one workspace's part of it."""

    organization_id: int
    organization: str
    slug: str
    name: str
    workspace: UUID | None

    @classmethod
    def of(cls, request: Any) -> "Pages":
        """The pages that the request is on."""
        workspace = getattr(request, "workspace", None)
        organization = workspace.organization if workspace else request.organization
        here = workspace or organization
        return cls(
            organization_id=organization.id,
            organization=organization.name,
            slug=here.slug,
            name=here.name,
            workspace=workspace.public_id if workspace else None,
        )

    def url(self, name: str, **place: Any) -> str:
        """One of the pages, by the last part of its URL name."""
        if self.workspace:
            kwargs = {"workspace": self.slug} | place
            return reverse(f"audit:workspace-{name}", kwargs=kwargs)
        return reverse(f"audit:{name}", kwargs={"organization": self.slug} | place)

    def list_url(self, query: Query | None = None, **more: str) -> str:
        """The list, narrowed by a query."""
        return self.url("entries") + parameters(query or Query(), **more)

    def entry_url(self, place: tuple[int, int] | None, query: str) -> str:
        """One entry by (epoch, index), with the list beside it as it was."""
        if place is None:
            return ""
        return self.url("entry", epoch=place[0], index=place[1]) + query

    def crumbs(self) -> list[dict[str, str]]:
        """Where the pages stand."""
        here = [{"label": self.organization}]
        if self.workspace:
            url = reverse("workspaces:overview", kwargs={"workspace": self.slug})
            here.append({"label": self.name, "url": url})
        return [*here, {"label": _("Audit log")}]


def parameters(query: Query, **more: str) -> str:
    """The query string of a list; nothing for all entries."""
    kept = {name: value for name, value in {"q": query.text, **more}.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
