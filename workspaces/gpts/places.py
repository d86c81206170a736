"""Where the pages of GPTs lie, and the way to each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kit.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class Places:
    """The addresses of one workspace, as a person of it sees them."""

    slug: str
    organization: str
    workspace: str
    overview_url: str
    governs: bool

    def url(self, page: str, **names: Any) -> str:
        """The address of a page of GPTs here."""
        return reverse(
            f"workspaces:gpts-{page}", kwargs={"workspace": self.slug, **names}
        )

    def delete_url(self, gpt: UUID) -> str:
        """Where its owner deletes a GPT: retention has the one door."""
        names = {"kind": "gpts", "stored": gpt}
        return reverse("retention:my-object-delete", kwargs=names)

    def crumbs(self, *steps: tuple[str, str]) -> list[dict[str, str]]:
        """The way to a page among the GPTs; the last step has no address."""
        crumbs = self._head()
        if not steps:
            return [*crumbs, {"label": _("GPTs")}]
        crumbs.append({"label": _("GPTs"), "url": self.url("list")})
        return crumbs + [{"label": label, "url": url} for label, url in steps]

    def governed(self, *steps: tuple[str, str]) -> list[dict[str, str]]:
        """The way to a page of governance."""
        crumbs = self._head()
        if not steps:
            return [*crumbs, {"label": _("GPT governance")}]
        crumbs.append({"label": _("GPT governance"), "url": self.url("governance")})
        return crumbs + [{"label": label, "url": url} for label, url in steps]

    def _head(self) -> list[dict[str, str]]:
        return [
            {"label": self.organization, "url": ""},
            {"label": self.workspace, "url": self.overview_url},
        ]


def of(request: Any) -> Places:
    """The workspace that the middleware has resolved."""
    workspace = request.workspace
    sees_overview = bool(request.actor.may(Permission.OVERVIEW_VIEW))
    overview = reverse("workspaces:overview", kwargs={"workspace": workspace.slug})
    return Places(
        slug=workspace.slug,
        organization=workspace.organization.name,
        workspace=workspace.name,
        overview_url=overview if sees_overview else "",
        governs=bool(request.actor.may(Permission.GPTS_VIEW)),
    )
