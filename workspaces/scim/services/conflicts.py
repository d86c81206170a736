"""Looks again at the users of the provider who are nobody here."""

from datetime import datetime

from django.db import transaction

from kit.actor import Actor
from kit.permissions import Permission
from workspaces.scim import core, selectors
from workspaces.scim.models import ScimResource
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
        return sum(_tried(store.writer, row) for row in found)


def _tried(writer: Writer, row: ScimResource) -> bool:
    """Whoever would get more than the actor may give is left as they are."""
    try:
        with transaction.atomic():
            return users.look_again(writer, row)
    except core.ForbiddenException:
        return False
