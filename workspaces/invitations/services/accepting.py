"""Makes members of people who sign in with an address that was invited.

Whoever signs in has proven the address: by their provider, in a domain that the
organization has proven, or by a code that was mailed to it. The link in the mail proves
nothing and is not asked for.
"""

from datetime import datetime

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from workspaces.invitations.models import Invitation
from workspaces.invitations.selectors import Offer
from workspaces.members import services as members
from workspaces.members.models import (
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.members.services import seats
from workspaces.roles.matrix import Role
from workspaces.tenancy.seats import SeatType


def accept(*, actor: Actor, offer: Offer, person: User, at: datetime) -> bool:
    """Let the invited person in; whether they are a member now.

    Where no seat is free the invitation stays open, and the log says why.
    """
    workspace = offer.workspace
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        seats.lock(workspace=workspace)
        row = (
            Invitation.objects.select_for_update()
            .filter(
                public_id=offer.invitation,
                email=person.email,
                accepted_at__isnull=True,
                revoked_at__isnull=True,
                expires_at__gt=at,
            )
            .first()
        )
        if row is None:
            return False
        try:
            member = _member(actor, offer, person, row, at=at)
        except members.NoSeatIsFree as refusal:
            _record(actor, offer, at, outcome=Outcome.REFUSED, reason=str(refusal))
            return False
        if member is None:
            return False
        row.accepted_at, row.membership = at, member
        row.sealed_token, row.mail_due_at = None, None
        row.save()
        _record(actor, offer, at, details={"member": str(member.public_id)})
        return True


def _member(
    actor: Actor, offer: Offer, person: User, row: Invitation, *, at: datetime
) -> Membership | None:
    found = Membership.objects.filter(user_id=person.pk).first()
    if found is not None and found.status == MembershipStatus.ACTIVE:
        return found  # somebody added them meanwhile
    if found is not None and found.status == MembershipStatus.SUSPENDED:
        return None  # an invitation does not undo that
    return members.let_in(
        actor=actor,
        workspace=offer.workspace,
        person=person,
        role=Role(row.role),
        seat=SeatType(row.seat),
        source=MemberSource.INVITATION,
        at=at,
    )


def _record(
    actor: Actor,
    offer: Offer,
    at: datetime,
    *,
    outcome: Outcome = Outcome.SUCCESS,
    reason: str = "",
    details: dict[str, str] | None = None,
) -> None:
    recording.record(
        actor=actor,
        action="workspaces.invitation.accepted",
        target=Target(kind="invitation", id=offer.invitation),
        organization_id=offer.workspace.organization.id,
        workspace=offer.workspace.public_id,
        at=at,
        outcome=outcome,
        reason=reason,
        details=details,
    )
