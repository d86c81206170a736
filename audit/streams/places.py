"""Where the pages of streams lie: the same ones for an organization and a workspace."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.explorer.pages import Pages


@dataclass(frozen=True, kw_only=True)
class Where:
    """The log of a request, narrowed to a workspace or not."""

    pages: Pages

    @property
    def organization_id(self) -> int:
        """Whose log it is."""
        return self.pages.organization_id

    @property
    def workspace(self) -> UUID | None:
        """What streams are found by here."""
        return self.pages.workspace

    def url(self, page: str, **names: Any) -> str:
        """The address of a page of streams here."""
        if self.workspace is not None:
            here = {"workspace": self.pages.slug}
            return reverse(f"audit:workspace-{page}", kwargs={**here, **names})
        here = {"organization": self.pages.slug}
        return reverse(f"audit:{page}", kwargs={**here, **names})

    def crumbs(self, *labels: str) -> list[dict[str, str]]:
        """The way to a page of streams."""
        above = [*self.pages.crumbs()[:-1]]
        above.append({"label": _("Audit log"), "url": self.url("entries")})
        if not labels:
            return [*above, {"label": _("Streams")}]
        above.append({"label": _("Streams"), "url": self.url("streams")})
        return [*above, *({"label": label} for label in labels)]


def of(request: Any) -> Where:
    """The tenant that the middleware has resolved."""
    return Where(pages=Pages.of(request))
