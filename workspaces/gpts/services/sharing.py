"""Shares GPTs: how far, with whom, and with which rights.

Only the owner shares. A level that reaches the public is not set here: it becomes a
request that somebody else decides (see `reviewing`).
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.refusals import Refused
from workspaces.gpts import authority, recordings, rules, selectors
from workspaces.gpts.levels import Visibility, rank
from workspaces.gpts.models import MOST_EDITORS, Gpt, GptReview, GptShare
from workspaces.gpts.rules import Act, Rights
from workspaces.gpts.services import hiding, making, publishing, reviewing
from workspaces.groups.models import Group
from workspaces.members import addresses
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.selectors import WorkspaceRef


class BadRecipient(Refused):
    """Nobody, or no group, can be shared with under that name."""

    status = 422


class UnknownLevel(Refused):
    """There is no such level of sharing."""

    status = 422


class TooManyEditors(Refused):
    """A GPT has at most a hundred editors."""


def set_visibility(
    *, actor: Actor, workspace: WorkspaceRef, gpt: UUID, level: str, at: datetime
) -> GptReview | None:
    """Share up to `level`; the request, where somebody must look at it first."""
    if level not in list(Visibility):
        raise UnknownLevel(_("Choose how far the GPT is shared."))
    with authority.scope(workspace):
        member = authority.member_of(actor)
        row = making.locked(gpt)
        authority.demand(member, row, Act.SHARE, level=level)
        hiding.drop_hidden_groups(actor=actor, workspace=workspace, gpt=row, at=at)
        if rules.needs_review(level) and not _is_narrower(row, level):
            return reviewing.ask(
                actor=actor,
                workspace=workspace,
                member=member,
                gpt=row,
                wanted=level,
                at=at,
            )
        reviewing.drop_waiting(actor=actor, workspace=workspace, gpt=row, at=at)
        row.unpublished_at = row.isolated_at = None
        publishing.move(actor=actor, workspace=workspace, gpt=row, to=level, at=at)
        return None


def give(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    gpt: UUID,
    rights: Rights,
    email: str = "",
    group_name: str = "",
    at: datetime,
) -> GptShare:
    """Share with one colleague or one group; sharing again changes their rights."""
    with authority.scope(workspace):
        member = authority.member_of(actor)
        row = making.locked(gpt)
        authority.demand(member, row, Act.SHARE)
        hiding.drop_hidden_groups(actor=actor, workspace=workspace, gpt=row, at=at)
        person, group = _recipient(row, email, group_name)
        share = GptShare.objects.filter(
            gpt_id=row.pk, membership=person, group=group
        ).first()
        before = (
            Rights(
                can_view_config=share.can_view_config, can_write=share.can_write
            ).name
            if share
            else None
        )
        _demand_room(row, rights, had=share is not None and share.can_write)
        kept = _written(row, share, person, group, rights, at=at)
        whom = {"member": str(person.public_id)} if person else {}
        whom |= {"group": str(group.public_id)} if group else {}
        recordings.record(
            actor=actor,
            action="workspaces.gpt.shared",
            workspace=workspace,
            target=row.public_id,
            at=at,
            changes={"rights": (before, rights.name)},
            details=whom,
        )
        return kept


def take(
    *, actor: Actor, workspace: WorkspaceRef, gpt: UUID, share: UUID, at: datetime
) -> None:
    """Stop sharing with one colleague or group."""
    with authority.scope(workspace):
        member = authority.member_of(actor)
        row = making.locked(gpt)
        authority.demand_owner(member, row)
        found = GptShare.objects.filter(gpt_id=row.pk, public_id=share).first()
        if found is None:
            raise selectors.GptIsGone(_("The GPT is not shared with them."))
        recipient = selectors.recipient_of(share=found)
        found.delete()
        _touch(row, at=at)
        hiding.drop_hidden_groups(actor=actor, workspace=workspace, gpt=row, at=at)
        recordings.record(
            actor=actor,
            action="workspaces.gpt.share-removed",
            workspace=workspace,
            target=row.public_id,
            at=at,
            details=recipient,
        )


def _is_narrower(row: Gpt, level: str) -> bool:
    """The approved version may reach less far, but not further, without a review."""
    return row.public_number == row.latest_number and rank(level) <= rank(
        row.visibility
    )


def _recipient(
    row: Gpt, email: str, group_name: str
) -> tuple[Membership | None, Group | None]:
    if group_name:
        group = selectors.discoverable_group(name=group_name)
        if group is None:
            raise BadRecipient(
                _("There is no group of that name that GPTs can be shared with.")
            )
        return None, group
    found = Membership.objects.filter(
        email=addresses.fold(email), status=MembershipStatus.ACTIVE
    ).first()
    if found is None:
        raise BadRecipient(_("No member of this workspace has that address."))
    if found.pk == row.owner_id:
        raise BadRecipient(_("The GPT is theirs already."))
    return found, None


def _demand_room(row: Gpt, rights: Rights, *, had: bool) -> None:
    if rights.can_write and not had and row.editor_count >= MOST_EDITORS:
        raise TooManyEditors(
            _("A GPT has %d editors at most; a group counts as one.") % MOST_EDITORS
        )


def _written(
    row: Gpt,
    share: GptShare | None,
    person: Membership | None,
    group: Group | None,
    rights: Rights,
    *,
    at: datetime,
) -> GptShare:
    if share is None:
        share = GptShare(
            workspace_id=row.workspace_id,
            gpt_id=row.pk,
            membership=person,
            group=group,
            created_at=at,
        )
    share.can_view_config, share.can_write = rights.can_view_config, rights.can_write
    share.save()
    _touch(row, at=at)
    return share


def _touch(row: Gpt, *, at: datetime) -> None:
    """What was shared again is no longer isolated."""
    row.updated_at, row.isolated_at = at, None
    row.save(update_fields=["updated_at", "isolated_at"])
