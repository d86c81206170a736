"""What becomes of GPTs when their owner leaves the workspace, and when they return.

A GPT outlives its owner's membership: it goes to the successor that an admin named, or
to an owner of the workspace, marked as unassigned, and then back to who made it when
they return, unless somebody gave it to another member in between. A hold loses nothing
by it: what changes hands stays held (a trigger of retention), and what joins one waits
for the purge at work.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import coverage
from kit.actor import Actor
from kit.departures import Leaver
from workspaces.gpts import telling
from workspaces.gpts.models import Gpt, GptShare
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles.matrix import Role
from workspaces.tenancy import selectors as tenancy


class NoOwnerLeft(RuntimeError):
    """A workspace always has an active owner: the services of members see to it."""


def hand_over(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Give the GPTs of a removed member to who takes over; how many there were."""
    rows = _locked(owner_id=leaver.membership_id)
    if not rows:
        return 0
    heir = _heir(leaver)
    for row in rows:
        is_given = leaver.successor_id is not None
        keeps = row.original_owner_id or leaver.membership_id
        row.original_owner_id = None if is_given else keeps
        row.owner_id, row.is_unassigned = heir.pk, not is_given
        # Whom it belongs to is nobody it is shared with.
        GptShare.objects.filter(gpt_id=row.pk, membership_id=heir.pk).delete()
        row.save(update_fields=["owner", "original_owner", "is_unassigned"])
        _record(
            actor,
            "workspaces.gpt.handed-over",
            row,
            leaver,
            before=leaver.member,
            to=heir,
            at=at,
        )
    _tell(actor, leaver, heir, number=len(rows), is_return=False, at=at)
    return len(rows)


def end_shares(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """End what was shared with a removed member; how much there was."""
    shares = GptShare.objects.filter(membership_id=leaver.membership_id)
    gone, _kinds = shares.delete()
    if gone:
        recording.record(
            actor=actor,
            action="workspaces.gpt.shares-ended",
            target=Target(kind="member", id=leaver.member),
            organization_id=leaver.organization_id,
            workspace=leaver.workspace,
            at=at,
            counts={"shares": gone},
        )
    return gone


def give_back(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Return to a member what was theirs and is nobody else's yet; how much."""
    coverage.before_widening()
    rows = _locked(original_owner_id=leaver.membership_id, is_unassigned=True)
    returned = Membership.objects.get(pk=leaver.membership_id)
    for row in rows:
        keeper = Membership.objects.get(pk=row.owner_id)
        row.owner_id, row.original_owner_id = returned.pk, None
        row.is_unassigned = False
        row.save(update_fields=["owner", "original_owner", "is_unassigned"])
        _record(
            actor,
            "workspaces.gpt.given-back",
            row,
            leaver,
            before=keeper.public_id,
            to=returned,
            at=at,
        )
    if rows:
        _tell(actor, leaver, returned, number=len(rows), is_return=True, at=at)
    return len(rows)


def _tell(
    actor: Actor,
    leaver: Leaver,
    to: Membership,
    *,
    number: int,
    is_return: bool,
    at: datetime,
) -> None:
    telling.handed_over(
        actor=actor,
        workspace=tenancy.workspace_in_scope(workspace_id=leaver.workspace_id),
        to=to,
        number=number,
        is_return=is_return,
        at=at,
    )


def _locked(**which: object) -> list[Gpt]:
    rows = Gpt.objects.filter(deleted_at__isnull=True, **which)
    return list(rows.order_by("id").select_for_update())


def _heir(leaver: Leaver) -> Membership:
    if leaver.successor_id is not None:
        return Membership.objects.get(pk=leaver.successor_id)
    found = (
        Membership.objects.filter(role=Role.OWNER, status=MembershipStatus.ACTIVE)
        .exclude(pk=leaver.membership_id)
        .order_by("id")
        .first()
    )
    if found is None:
        raise NoOwnerLeft(_("The workspace has no owner to give the GPTs to."))
    return found


def _record(
    actor: Actor,
    action: str,
    row: Gpt,
    leaver: Leaver,
    *,
    before: object,
    to: Membership,
    at: datetime,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="gpt", id=row.public_id),
        organization_id=leaver.organization_id,
        workspace=leaver.workspace,
        at=at,
        changes={"owner": (str(before), str(to.public_id))},
    )
