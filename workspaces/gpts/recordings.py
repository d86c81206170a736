"""Records acts on GPTs: ids, levels and rights, never what anybody wrote."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from audit import recording
from audit.log.leaf import Json
from audit.recording import Target
from kit.actor import Actor
from workspaces.tenancy.selectors import WorkspaceRef

Changes = Mapping[str, tuple[Json, Json]]


def record(
    *,
    actor: Actor,
    action: str,
    workspace: WorkspaceRef,
    target: UUID,
    at: datetime,
    kind: str = "gpt",
    changes: Changes | None = None,
    details: Mapping[str, Json] | None = None,
    counts: Mapping[str, int] | None = None,
    reason: str = "",
) -> None:
    """One entry about a GPT, or about a rule of a workspace for all of them."""
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind=kind, id=target),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes=changes,
        details=details,
        counts=counts,
        reason=reason,
    )
