"""Where the pages of keys lie: the same ones for a workspace and an organization."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Where:
    """The tenant of a request: a workspace, or its organization itself."""

    organization: OrganizationRef
    workspace: WorkspaceRef | None

    @property
    def workspace_id(self) -> int | None:
        """What keys are found by."""
        return self.workspace.id if self.workspace else None

    def url(self, page: str, **names: Any) -> str:
        """The address of a page of keys here."""
        if self.workspace is not None:
            here = {"workspace": self.workspace.slug}
            return reverse(f"workspaces:keys-{page}", kwargs={**here, **names})
        here = {"organization": self.organization.slug}
        return reverse(f"workspaces:organization-keys-{page}", kwargs={**here, **names})

    def crumbs(self, label: str = "") -> list[dict[str, str]]:
        """The way to a page of keys."""
        crumbs = [{"label": self.organization.name}]
        if self.workspace is not None:
            here = {"workspace": self.workspace.slug}
            url = reverse("workspaces:overview", kwargs=here)
            crumbs.append({"label": self.workspace.name, "url": url})
        if not label:
            return [*crumbs, {"label": _("API keys")}]
        return [
            *crumbs,
            {"label": _("API keys"), "url": self.url("list")},
            {"label": label},
        ]


def of(request: Any) -> Where:
    """The tenant that the middleware has resolved."""
    workspace = getattr(request, "workspace", None)
    if workspace is not None:
        return Where(organization=workspace.organization, workspace=workspace)
    return Where(organization=request.organization, workspace=None)
