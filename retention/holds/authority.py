"""Demands a permission in the very workspace that is to change.

An actor's permissions belong to the workspace through which they came; the operator
and parts of Custos have theirs everywhere.
"""

from kit.actor import Actor, ActorKind
from kit.permissions import Permission, PermissionDenied
from workspaces.tenancy.selectors import WorkspaceRef

_EVERYWHERE = frozenset({ActorKind.SYSTEM, ActorKind.OPERATOR})


def demand(actor: Actor, permission: Permission, *, workspace: WorkspaceRef) -> None:
    """Raises PermissionDenied unless the actor holds `permission` there."""
    if actor.kind not in _EVERYWHERE and actor.workspace_id != workspace.id:
        raise PermissionDenied(permission, "")
    actor.require(permission)
