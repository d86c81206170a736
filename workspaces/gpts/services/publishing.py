"""Moves a locked GPT to another level, with the version that goes with it."""

from datetime import datetime

from kit.actor import Actor
from workspaces.gpts import recordings
from workspaces.gpts.levels import PUBLIC
from workspaces.gpts.models import Gpt
from workspaces.tenancy.selectors import WorkspaceRef


def move(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    gpt: Gpt,
    to: str,
    public_number: int | None = None,
    action: str = "workspaces.gpt.visibility-changed",
    reason: str = "",
    at: datetime,
) -> None:
    """Set the level of a locked GPT and record it; the caller has decided."""
    before = gpt.visibility
    kept = gpt.public_number if public_number is None else public_number
    gpt.visibility = to
    gpt.public_number = kept if to in PUBLIC else None
    gpt.updated_at = at
    gpt.save(
        update_fields=[
            "visibility",
            "public_number",
            "updated_at",
            "unpublished_at",
            "isolated_at",
        ]
    )
    recordings.record(
        actor=actor,
        action=action,
        workspace=workspace,
        target=gpt.public_id,
        at=at,
        changes={"visibility": (before, to)},
        counts={"version": gpt.public_number or gpt.latest_number},
        reason=reason,
    )
