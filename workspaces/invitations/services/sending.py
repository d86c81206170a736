"""Invites an address, sends the mail again, changes what is offered, takes it back."""

import secrets
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping, sealing
from kit.actor import Actor
from kit.ids import new_uuid
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.invitations import rules, selectors
from workspaces.invitations.models import Invitation
from workspaces.invitations.rules import State
from workspaces.members import addresses
from workspaces.members import selectors as people
from workspaces.members import services as members
from workspaces.members.models import Membership, MembershipStatus, MemberSource
from workspaces.members.services import seats
from workspaces.roles import selectors as roles
from workspaces.tenancy.selectors import WorkspaceRef

_TOKEN_BYTES = 32


class AlreadyMember(Refused):
    """Who is in already is not invited."""


class AlreadyInvited(Refused):
    """An address has one open invitation at a time."""


class KeptByProvider(Refused):
    """The identity provider keeps this person (`scim_managed_resource`)."""


class NoSeatIsLeft(Refused):
    """Every seat is taken or promised."""


class InvitationIsOver(Refused):
    """It was accepted or revoked before."""


def invite(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    email: str,
    role: str,
    seat: str = "",
    at: datetime,
) -> Invitation:
    """Offer a place to an address; one that has expired is renewed."""
    actor.require(Permission.MEMBERS_MANAGE)
    wanted, address = members.known_role(role), addresses.fold(email)
    roles.demand_may_act_on(role=wanted, own=actor.permissions, plan=workspace.plan)
    with _open(workspace):
        default = seats.lock(workspace=workspace)
        given = seats.known(seat) if seat else default
        _demand_outside(address)
        found = selectors.open_by_address(addresses=[address]).get(address)
        if found is not None and at < found.expires_at:
            raise AlreadyInvited(
                _("%s is invited already: send that invitation again, or change it.")
                % address
            )
        _demand_seat(workspace, at)
        row = found or _row(workspace, address, actor, at)
        row.role, row.seat, row.invited_by = wanted, given, actor.id
        _renew(row, at=at)
        _store(row, is_new=found is None)
        _record(
            actor,
            "workspaces.invitation.sent",
            row,
            workspace,
            at,
            details={"email": address, "role": wanted.value, "seat": given.value},
        )
        return row


def send_again(
    *, actor: Actor, workspace: WorkspaceRef, invitation: UUID, at: datetime
) -> Invitation:
    """Another mail with another link and another fortnight; the old link is dead."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        seats.lock(workspace=workspace)
        row = _locked(invitation, at=at)
        _demand_may_offer(actor, workspace, row)
        _demand_outside(row.email)
        _demand_seat(workspace, at, other_than=row.pk)
        _renew(row, at=at)
        row.save()
        _record(actor, "workspaces.invitation.resent", row, workspace, at)
        return row


def change(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    invitation: UUID,
    role: str,
    seat: str,
    at: datetime,
) -> Invitation:
    """Offer another role or seat under the same link."""
    actor.require(Permission.MEMBERS_MANAGE)
    wanted, given = members.known_role(role), seats.known(seat)
    roles.demand_may_act_on(role=wanted, own=actor.permissions, plan=workspace.plan)
    with _open(workspace):
        row = _locked(invitation, at=at)
        _demand_may_offer(actor, workspace, row)
        changes = {
            name: (before, after)
            for name, before, after in (
                ("role", row.role, wanted.value),
                ("seat", row.seat, given.value),
            )
            if before != after
        }
        if not changes:
            return row
        row.role, row.seat = wanted, given
        row.save(update_fields=["role", "seat"])
        _record(
            actor,
            "workspaces.invitation.changed",
            row,
            workspace,
            at,
            changes=changes,
        )
        return row


def revoke(
    *, actor: Actor, workspace: WorkspaceRef, invitation: UUID, at: datetime
) -> Invitation:
    """Take an invitation back; its link and its address let nobody in any more."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        row = _locked(invitation, at=at)
        _demand_may_offer(actor, workspace, row)
        row.revoked_at, row.sealed_token, row.mail_due_at = at, None, None
        row.save(update_fields=["revoked_at", "sealed_token", "mail_due_at"])
        _record(actor, "workspaces.invitation.revoked", row, workspace, at)
        return row


def place(row: Invitation) -> bytes:
    """The place of the sealed token."""
    return sealing.binding(
        table="workspaces_invitation", row=row.public_id, column="sealed_token"
    )


def _row(
    workspace: WorkspaceRef, address: str, actor: Actor, at: datetime
) -> Invitation:
    return Invitation(
        workspace_id=workspace.id,
        public_id=new_uuid(),
        email=address,
        invited_by=actor.id,
        created_at=at,
    )


def _renew(row: Invitation, *, at: datetime) -> None:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row.token_hash = selectors.digest_of(token)
    row.sealed_token = sealing.installation_keys().wrap(token.encode(), aad=place(row))
    row.expires_at = at + rules.LIFE
    row.mail_due_at, row.mail_tries, row.mailed_at = at, 0, None


def _store(row: Invitation, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError:  # somebody invited them in this moment
        raise AlreadyInvited(_("%s is invited already.") % row.email) from None


def _locked(invitation: UUID, *, at: datetime) -> Invitation:
    mine = Invitation.objects.select_for_update().filter(public_id=invitation)
    row = mine.first() or selectors.one(invitation=invitation)
    state = selectors.state_of(row, at=at)
    if state is State.ACCEPTED:
        raise InvitationIsOver(
            _("%s has accepted: change them as a member now.") % row.email
        )
    if state is State.REVOKED:
        raise InvitationIsOver(
            _("The invitation of %s was revoked: invite them anew.") % row.email
        )
    return row


def _demand_outside(address: str) -> None:
    row = Membership.objects.filter(email=address).first()
    if row is None:
        return
    if row.status == MembershipStatus.ACTIVE:
        raise AlreadyMember(_("%s is a member already.") % address)
    if row.source == MemberSource.SCIM:
        raise KeptByProvider(
            _(
                "Your identity provider keeps %s (scim_managed_resource): let them "
                "back in there."
            )
            % address
        )
    if row.status == MembershipStatus.SUSPENDED:
        raise AlreadyMember(
            _("%s is a member who is suspended: let them back in instead.") % address
        )


def _demand_seat(
    workspace: WorkspaceRef, at: datetime, *, other_than: int | None = None
) -> None:
    free = people.seats(workspace_id=workspace.id).free
    if free is None or free > selectors.pending_number(at=at, other_than=other_than):
        return
    raise NoSeatIsLeft(
        _(
            "Every seat of %s is taken, or promised by an invitation: revoke one, or "
            "ask an owner for more seats."
        )
        % workspace.name
    )


def _demand_may_offer(actor: Actor, workspace: WorkspaceRef, row: Invitation) -> None:
    """What one may not give, one may not touch either."""
    roles.demand_may_act_on(role=row.role, own=actor.permissions, plan=workspace.plan)


def _record(
    actor: Actor,
    action: str,
    row: Invitation,
    workspace: WorkspaceRef,
    at: datetime,
    **what: Any,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="invitation", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        **what,
    )


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
