"""Takes over the tools that an MCP server offers as the actions of its connector.

The server is asked with the sign-in of whoever reads, where they have one: nobody's
token serves somebody else. What is new follows the rule for new actions; what was there
never becomes more harmless by the word of the server, only by an admin's own.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.connectors import selectors, tools
from workspaces.connectors.catalogue import Action
from workspaces.connectors.controls import Access, Kind
from workspaces.connectors.services import releasing
from workspaces.connectors.services.settings import BadSetting, stored
from workspaces.connectors.setups import Setup, stored_action
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a reading changed."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    number: int
    skipped: int


def read_tools(
    *, actor: Actor, workspace: WorkspaceRef, connector: str, at: datetime
) -> Read:
    """Ask the server of a connector for its tools, and keep them as its actions."""
    actor.require(Permission.CONNECTORS_MANAGE)
    with _open(workspace):
        setup = selectors.one(connector=connector)
        _demand_mcp(setup)
        member = Membership.objects.filter(pk=actor.membership_id or 0).first()
    token = ""
    if member is not None:
        token = releasing.own_token(
            actor=actor, workspace=workspace, member=member, setup=setup, at=at
        )
    found = tools.offered(address=setup.endpoints.resource, token=token)
    with _open(workspace):
        return _kept(actor, workspace, connector, found, at=at)


def _kept(
    actor: Actor,
    workspace: WorkspaceRef,
    connector: str,
    found: tools.Offered,
    *,
    at: datetime,
) -> Read:
    setup = stored(workspace, connector, at=at)
    row, before = setup.row, {one.name: one for one in setup.actions}
    after = [_careful(one, before.get(one.name)) for one in found.tools]
    was = list(row.actions)
    row.actions = [stored_action(one) for one in after]
    row.actions_read_at = at
    row.save(update_fields=["actions", "actions_read_at"])
    names = {one.name for one in after}
    recording.record(
        actor=actor,
        action="workspaces.connector.tools-read",
        target=Target(kind="connector", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={"actions": (was, list(row.actions))} if was != row.actions else {},
        counts={"tools": len(after), "skipped": found.skipped},
        details={"connector": row.slug},
    )
    return Read(
        new=tuple(one.name for one in after if one.name not in before),
        gone=tuple(name for name in before if name not in names),
        number=len(after),
        skipped=found.skipped,
    )


def _careful(told: Action, known: Action | None) -> Action:
    if known is None:
        return told
    changes = Access.WRITE in (told.access, known.access)
    return replace(
        told,
        access=Access.WRITE if changes else Access.READ,
        is_important=told.is_important or known.is_important,
    )


def _demand_mcp(setup: Setup) -> None:
    if setup.kind is not Kind.MCP or not setup.endpoints.resource:
        raise BadSetting(_("Only an MCP server says which tools it offers."))


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
