"""Looks again at the users of the provider who are nobody here."""

from datetime import datetime

from kit.actor import Actor
from kit.permissions import Permission
from workspaces.scim import selectors
from workspaces.scim.services import users
from workspaces.scim.services.people import Writer
from workspaces.scim.services.store import Store
from workspaces.tenancy.selectors import WorkspaceRef

_AT_ONCE = 500


def try_again(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    """Let in whom nothing stands in the way of any more; how many that changed."""
    actor.require(Permission.PROVISIONING_MANAGE)
    store = Store(Writer(actor=actor, workspace=workspace, at=at))
    with store.operation():
        found = selectors.conflicts(size=_AT_ONCE)
        return sum(users.look_again(store.writer, row) for row in found)
