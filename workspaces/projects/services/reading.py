"""Records that somebody read what another member's project holds: one a request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from audit.recording import Target, record
from kit.actor import Actor
from workspaces.projects.selectors import Seen
from workspaces.tenancy.selectors import WorkspaceRef


def note_read(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    seen: Seen,
    files: Sequence[UUID] = (),
    at: datetime,
) -> None:
    """The project's instructions, or these files of it, were shown to the actor.

    What owners read is their own and leaves nothing.
    """
    if seen.is_mine:
        return
    record(
        actor=actor,
        action="workspaces.project.read",
        target=Target(kind="project", id=seen.row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"files": len(files)},
        details={"files": [str(one) for one in files]},
    )
