"""Who may take the content of a matter out of the workspace: asked before each step."""

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from retention.holds import authority
from retention.holds.models import Hold
from retention.holds.services import HoldIsReleased
from workspaces.tenancy.selectors import WorkspaceRef


def demand(*, actor: Actor, workspace: WorkspaceRef, hold: Hold) -> None:
    """Refuses whoever may not take content out, and holds that are released.

    On plans where content goes to its member alone nobody has the permission.
    """
    authority.demand(actor, Permission.MATTERS_EXPORT, workspace=workspace)
    if hold.released_at is not None:
        raise HoldIsReleased(_("This hold is released: it covers nothing to export."))
