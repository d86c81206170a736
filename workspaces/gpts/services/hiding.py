"""Takes GPTs from groups that members no longer find, when a GPT is next updated."""

from datetime import datetime

from kit.actor import Actor
from workspaces.gpts import recordings, selectors
from workspaces.gpts.models import Gpt, GptShare
from workspaces.tenancy.selectors import WorkspaceRef


def drop_hidden_groups(
    *, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime
) -> int:
    """End the shares with groups that are not discoverable; how many there were."""
    hidden = selectors.hidden_groups_of(gpt=gpt)
    for group in hidden:
        GptShare.objects.filter(gpt_id=gpt.pk, group_id=group.pk).delete()
        recordings.record(
            actor=actor,
            action="workspaces.gpt.share-removed",
            workspace=workspace,
            target=gpt.public_id,
            at=at,
            details={"group": str(group.public_id), "because": "not discoverable"},
        )
    return len(hidden)
