"""Records that somebody read what another member's GPT is told: one entry a request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kit.actor import Actor
from workspaces.gpts import recordings
from workspaces.gpts.models import Gpt
from workspaces.tenancy.selectors import WorkspaceRef


def note_read(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    gpt: Gpt,
    versions: Sequence[int] = (),
    files: Sequence[UUID] = (),
    at: datetime,
) -> None:
    """Instructions of these versions, or these files, were shown to the actor.

    What owners read is their own and leaves nothing.
    """
    if gpt.owner_id == actor.membership_id:
        return
    recordings.record(
        actor=actor,
        action="workspaces.gpt.read",
        workspace=workspace,
        target=gpt.public_id,
        at=at,
        counts={"versions": len(versions), "files": len(files)},
        details={"versions": list(versions), "files": [str(one) for one in files]},
    )
