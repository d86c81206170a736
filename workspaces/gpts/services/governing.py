"""What those who govern do with others' GPTs: unpublish, isolate, reassign."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit import coverage
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, recordings, telling
from workspaces.gpts.levels import Visibility
from workspaces.gpts.models import Gpt, GptShare
from workspaces.gpts.services import making, publishing, reviewing
from workspaces.members import selectors as members
from workspaces.members.models import MembershipStatus
from workspaces.tenancy.selectors import WorkspaceRef


class NothingToTake(Refused):
    """Nobody but its owner can use the GPT already."""


class NotAnActiveMember(Refused):
    """A GPT belongs to somebody who is in."""

    status = 422


def unpublish(
    *, actor: Actor, workspace: WorkspaceRef, gpt: UUID, reason: str = "", at: datetime
) -> Gpt:
    """Take a GPT out of every list and from the public; invited people keep it."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        row = making.locked(gpt)
        if row.visibility == Visibility.INVITE_ONLY:
            raise NothingToTake(_("Only invited people and groups can use it already."))
        reviewing.drop_waiting(actor=actor, workspace=workspace, gpt=row, at=at)
        row.unpublished_at = at
        publishing.move(
            actor=actor,
            workspace=workspace,
            gpt=row,
            to=Visibility.INVITE_ONLY,
            action="workspaces.gpt.unpublished",
            reason=reason,
            at=at,
        )
        telling.unpublished(actor=actor, workspace=workspace, gpt=row, at=at)
        return row


def isolate(
    *, actor: Actor, workspace: WorkspaceRef, gpt: UUID, reason: str = "", at: datetime
) -> Gpt:
    """Leave a GPT to its owner alone, who may share it again."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        row = making.locked(gpt)
        if row.visibility == Visibility.INVITE_ONLY and not row.recipient_count:
            raise NothingToTake(_("Nobody but its owner can use it already."))
        reviewing.drop_waiting(actor=actor, workspace=workspace, gpt=row, at=at)
        strip(actor=actor, workspace=workspace, gpt=row, at=at)
        row.isolated_at = at
        publishing.move(
            actor=actor,
            workspace=workspace,
            gpt=row,
            to=Visibility.INVITE_ONLY,
            action="workspaces.gpt.isolated",
            reason=reason,
            at=at,
        )
        telling.isolated(actor=actor, workspace=workspace, gpt=row, at=at)
        return row


def strip(*, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime) -> int:
    """End every share of a locked GPT; how many there were."""
    gone, _kinds = GptShare.objects.filter(gpt_id=gpt.pk).delete()
    if gone:
        recordings.record(
            actor=actor,
            action="workspaces.gpt.recipients-removed",
            workspace=workspace,
            target=gpt.public_id,
            at=at,
            counts={"recipients": gone},
        )
    return gone


def reassign(
    *, actor: Actor, workspace: WorkspaceRef, gpt: UUID, member: UUID, at: datetime
) -> Gpt:
    """Give a GPT to another member for good; it does not return by itself any more."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        coverage.before_widening()
        row = making.locked(gpt)
        to = members.one(member=member)
        if to.status != MembershipStatus.ACTIVE:
            raise NotAnActiveMember(_("Choose somebody who is an active member."))
        before = members.by_id(ids=[row.owner_id])[row.owner_id]
        GptShare.objects.filter(gpt_id=row.pk, membership_id=to.pk).delete()
        row.owner_id, row.is_unassigned, row.original_owner_id = to.pk, False, None
        row.updated_at = at
        row.save(
            update_fields=["owner", "is_unassigned", "original_owner", "updated_at"]
        )
        recordings.record(
            actor=actor,
            action="workspaces.gpt.reassigned",
            workspace=workspace,
            target=row.public_id,
            at=at,
            changes={"owner": (str(before.public_id), str(to.public_id))},
        )
        telling.reassigned(
            actor=actor, workspace=workspace, gpt=row, before=before, at=at
        )
        return row
