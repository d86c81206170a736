"""Records that a key came from a network that it may not use: once a minute a key.

Whoever has the key can do this as often as they like; the entries stay bounded all the
same. Nothing counts while Valkey is down, so nothing is recorded then.
"""

from datetime import datetime

from audit import recording
from audit.recording import Outcome, Target
from kit import limits
from kit.actor import Actor, ActorKind
from kit.limits import Limit
from workspaces.keys.selectors import PresentedKey

_ONCE_A_MINUTE = Limit(name="key-outside", most=1, every_seconds=60, when_down=False)


def note_outside(*, key: PresentedKey, ip: str, at: datetime) -> None:
    """Record it in the organization's open scope, unless this minute has its entry."""
    if limits.take(_ONCE_A_MINUTE, asker=str(key.public_id), at=at):
        return
    recording.record(
        actor=Actor(
            kind=ActorKind.SERVICE, id=str(key.public_id), label=key.name, ip=ip
        ),
        action="workspaces.api-key.used",
        target=Target(kind="api_key", id=key.public_id),
        organization_id=key.organization.id,
        workspace=key.workspace.public_id if key.workspace else None,
        at=at,
        outcome=Outcome.REFUSED,
    )
