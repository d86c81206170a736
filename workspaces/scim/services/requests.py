"""Remembers the last requests of a provider, and no more of each than its outcome."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit import scoping
from workspaces.scim.models import ScimRequest
from workspaces.scim.selectors import KEPT_REQUESTS
from workspaces.tenancy.selectors import WorkspaceRef

# Older ones go with every so many new ones, so that most requests only insert.
_TRIM_EVERY = 20


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is remembered of a request."""

    method: str
    path: str
    status: int
    outcome: str
    token: UUID | None
    user_agent: str
    took_ms: int


def remember(*, workspace: WorkspaceRef, seen: Seen, at: datetime) -> None:
    """Store one request, and let the oldest go."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        row = ScimRequest.objects.create(
            workspace_id=workspace.id,
            at=at,
            method=_text(seen.method, 10),
            path=_text(seen.path, 200),
            status=seen.status,
            outcome=seen.outcome[:40],
            token=seen.token,
            user_agent=_text(seen.user_agent, 200),
            took_ms=max(0, seen.took_ms),
        )
        if row.pk % _TRIM_EVERY == 0:
            _trim()


def _trim() -> None:
    kept = ScimRequest.objects.order_by("-id").values_list("id", flat=True)
    oldest = kept[KEPT_REQUESTS : KEPT_REQUESTS + 1].first()
    if oldest is not None:
        ScimRequest.objects.filter(pk__lte=oldest).delete()


def _text(value: str, length: int) -> str:
    """What can be stored of what a stranger's program calls itself."""
    return "".join(one for one in value if one.isprintable())[:length]
