"""What becomes of keys and tokens when the member who issued them leaves.

A key is its owner's and ends with them. A SCIM token is the workspace's: ending it
would stop provisioning for everybody, so it is marked, and its page asks for a
rotation, since who left may have kept a copy.
"""

from datetime import datetime

from audit import recording
from audit.recording import Target
from kit.actor import Actor
from kit.departures import Leaver
from workspaces.keys.models import ApiKey, ScimToken
from workspaces.keys.services import replay


def revoke_keys(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Revoke the keys that the membership owns; how many worked until now."""
    rows = list(
        ApiKey.objects.filter(
            membership_id=leaver.membership_id, revoked_at__isnull=True
        )
        .order_by("id")
        .select_for_update()
    )
    for row in rows:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        replay.forget(issued=row.public_id)
        recording.record(
            actor=actor,
            action="workspaces.api-key.revoked",
            target=Target(kind="api_key", id=row.public_id),
            organization_id=leaver.organization_id,
            workspace=leaver.workspace,
            at=at,
            details={"name": row.name, "because": "owner left"},
        )
    return sum(1 for row in rows if row.expires_at > at)


def mark_tokens(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Mark the working tokens that the person created."""
    rows = list(
        ScimToken.objects.filter(
            created_by=str(leaver.person),
            slot__isnull=False,
            expires_at__gt=at,
            creator_left_at__isnull=True,
        )
        .order_by("id")
        .select_for_update()
    )
    for row in rows:
        row.creator_left_at = at
        row.save(update_fields=["creator_left_at"])
        replay.forget(issued=row.public_id)
        recording.record(
            actor=actor,
            action="workspaces.scim-token.marked",
            target=Target(kind="scim_token", id=row.public_id),
            organization_id=leaver.organization_id,
            workspace=leaver.workspace,
            at=at,
            details={"because": "creator left"},
        )
    return len(rows)
