"""Stores memories, and switches a member's memory on and off.

What is stored already stays until its member deletes it, whatever the switches say:
they decide what may be added and used, not what a member may see and delete.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.members.models import Membership
from workspaces.projects import limits, selectors
from workspaces.projects.models import Memory, MemoryChoice
from workspaces.projects.services.keeping import (
    NotAllowed,
    TooMany,
    WordsRefused,
    new_key,
    seal_with,
)
from workspaces.tenancy.selectors import WorkspaceRef


def remember(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    text: str,
    at: datetime,
) -> Memory:
    """Stores one thing to remember about the member."""
    _demand_own(actor, member)
    verdict = selectors.may_remember(member=member)
    if not verdict.allowed:
        raise NotAllowed(verdict.reason)
    text = text.strip()
    if not text or len(text) > limits.MEMORY or "\x00" in text:
        raise WordsRefused(_("A memory has 1 to %s characters.") % limits.MEMORY)
    live = Memory.objects.filter(owner=member, deleted_at__isnull=True)
    if live.count() >= limits.MEMORIES_OF_MEMBER:
        raise TooMany(
            _("A member may have %s memories; delete some first.")
            % limits.MEMORIES_OF_MEMBER
        )
    key, public_id = new_key(workspace), ids.new_uuid()
    sealed = seal_with(key, "workspaces_memory", workspace, public_id).text(
        "sealed", text
    )
    made = Memory.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        owner=member,
        plan_written=workspace.plan,
        key_id=key.id,
        key_made_at=key.made_at,
        sealed=sealed,
        byte_count=len(sealed),
        created_at=at,
    )
    record(
        actor=actor,
        action="workspaces.memory.stored",
        target=Target(kind="memory", id=public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"bytes": made.byte_count},
    )
    return made


def switch_memory(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    is_on: bool,
    at: datetime,
) -> None:
    """Turns the member's own memory on or off."""
    _demand_own(actor, member)
    before = selectors.memory_is_on(member=member)
    MemoryChoice.objects.update_or_create(
        workspace_id=workspace.id,
        membership=member,
        defaults={"is_on": is_on, "changed_at": at},
    )
    record(
        actor=actor,
        action="workspaces.memory.switched",
        target=Target(kind="member", id=member.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={"is_on": (before, is_on)},
    )


def _demand_own(actor: Actor, member: Membership) -> None:
    actor.require(Permission.OWN_DATA)
    if actor.membership_id != member.pk:
        raise NotAllowed(_("Only the member themselves may do this."))
