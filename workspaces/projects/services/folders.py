"""Puts a member's own conversations into a project and takes them out again.

Whose a conversation is and who reads it stays as it was. A hold on the project covers
what is put into it, and goes on to cover what is taken out (a trigger of retention).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import coverage
from kit.actor import Actor
from workspaces.access.features import Feature
from workspaces.content.models import Conversation
from workspaces.members.models import Membership
from workspaces.projects.selectors import Seen
from workspaces.projects.services.keeping import NotAllowed, demand_feature
from workspaces.tenancy.selectors import WorkspaceRef


def file_away(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    conversation: Conversation,
    seen: Seen,
    at: datetime,
) -> None:
    """Puts a conversation into a project, out of any other."""
    demand_feature(actor, member, Feature.PROJECTS_USE)
    _move(actor, workspace, member, conversation, seen, at=at)


def take_out(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    conversation: Conversation,
    at: datetime,
) -> None:
    """Takes a conversation out of its project."""
    _move(actor, workspace, member, conversation, None, at=at)


def _move(
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    conversation: Conversation,
    seen: Seen | None,
    *,
    at: datetime,
) -> None:
    mine = member.pk == actor.membership_id == conversation.owner_id
    if not mine:
        raise NotAllowed(_("Only their own conversations can a member move."))
    coverage.before_widening()
    before = Conversation.objects.values_list("project__public_id", flat=True).get(
        pk=conversation.pk
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        project=seen.row if seen else None
    )
    record(
        actor=actor,
        action="workspaces.conversation.filed",
        target=Target(kind="conversation", id=conversation.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={
            "project": (
                str(before) if before else None,
                str(seen.row.public_id) if seen else None,
            )
        },
    )
