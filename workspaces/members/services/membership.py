"""Adds, changes, suspends and removes members of a workspace.

Every change that could leave a workspace without an owner first locks the rows of all
its owners, in the order of their ids, and counts what is left: of two demotions at
the same time the second waits, sees the first, and is refused.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import coverage, departures, scoping
from kit.actor import Actor
from kit.departures import Leaver
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import addresses
from workspaces.members.models import (
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.members.selectors import MemberIsGone
from workspaces.members.services import people, seats
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy import naming
from workspaces.tenancy.seats import SeatType
from workspaces.tenancy.selectors import WorkspaceRef


class UnknownRole(Refused):
    """There is no such role."""

    status = 422


class LastOwnerMustStay(Refused):
    """A workspace always has an active owner."""


class RoleIsAnother(Refused):
    """Who is in already keeps their role until somebody changes it."""


def add(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    email: str,
    role: str,
    at: datetime,
    name: str = "",
    seat: str = "",
) -> Membership:
    """Let a person in; who is in already under that role is returned as they are."""
    actor.require(Permission.MEMBERS_MANAGE)
    wanted = known_role(role)
    _demand_no_more_than_own(actor, workspace, wanted)
    address = addresses.fold(email)
    with _open(workspace):
        person = people.ensure_person(email=address, name=name, at=at)
        return let_in(
            actor=actor,
            workspace=workspace,
            person=person,
            role=wanted,
            seat=seats.known(seat) if seat else None,
            at=at,
        )


def let_in(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    person: User,
    role: Role,
    at: datetime,
    seat: SeatType | None = None,
    source: MemberSource = MemberSource.HAND,
) -> Membership:
    """Store the membership; the caller has decided that the actor may.

    Who is in already is returned, or refused by the role that they have. Everybody
    else needs a free seat.
    """
    with _open(workspace):
        # Who returns may be under a hold, and gets back what others kept for them.
        coverage.before_widening()
        given = seats.lock(workspace=workspace)
        given = seat or given
        mine = Membership.objects.select_for_update().filter(user_id=person.pk)
        row = mine.first()
        if row is None or row.status == MembershipStatus.REMOVED:
            seats.demand_free(workspace=workspace)
        fresh = {"role": role, "seat": given, "source": source}
        is_new = False
        if row is None:
            row, is_new = mine.get_or_create(
                workspace_id=workspace.id,
                user_id=person.pk,
                defaults={
                    **fresh,
                    "email": person.email,
                    "name": person.name,
                    "created_at": at,
                },
            )
        if not is_new and row.status != MembershipStatus.REMOVED:
            _demand_same_role(row, role)
            return row
        if not is_new:
            _return(row, person, **fresh)
            departures.bring_back(
                actor=actor, returning=_returning(row, person, workspace), at=at
            )
        _record(
            actor,
            "workspaces.member.created",
            row,
            workspace,
            at,
            details={
                "email": person.email,
                "role": role.value,
                "seat": given.value,
                "source": source.value,
            },
        )
        return row


def _return(row: Membership, person: User, **fresh: str) -> None:
    """Who was removed begins anew, with nothing of before but their id.

    Their address may have been erased meanwhile.
    """
    row.email, row.name = person.email, person.name
    row.role, row.seat, row.source = fresh["role"], fresh["seat"], fresh["source"]
    row.status = MembershipStatus.ACTIVE
    row.save(update_fields=["email", "name", "role", "seat", "source", "status"])


def _returning(row: Membership, person: User, workspace: WorkspaceRef) -> Leaver:
    return Leaver(
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        workspace=workspace.public_id,
        membership_id=row.pk,
        member=row.public_id,
        user_id=person.pk,
        person=person.public_id,
        is_removed=False,
    )


def change_role(
    *, actor: Actor, workspace: WorkspaceRef, member: UUID, role: str, at: datetime
) -> Membership:
    """Give a member another role, from their next request on."""
    actor.require(Permission.ROLES_MANAGE)
    wanted = known_role(role)
    _demand_no_more_than_own(actor, workspace, wanted)
    with _open(workspace):
        row, others = _locked(member)
        before = Role(row.role)
        if before is wanted:
            return row
        _demand_theirs_is_own(actor, workspace, row)
        if before is Role.OWNER:
            _demand_another_owner(row, others)
        row.role = wanted
        row.save(update_fields=["role"])
        _record(
            actor,
            "workspaces.member.role-changed",
            row,
            workspace,
            at,
            changes={"role": (before.value, wanted.value)},
        )
        return row


def suspend(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    at: datetime,
    reason: str = "",
) -> Membership:
    """Keep a member out, from their next request on, until somebody lets them back."""
    return _end(
        actor, workspace, member, MembershipStatus.SUSPENDED, at=at, reason=reason
    )


def remove(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    at: datetime,
    reason: str = "",
) -> Membership:
    """End a membership; what the member stored stays under the workspace's policy."""
    return _end(
        actor, workspace, member, MembershipStatus.REMOVED, at=at, reason=reason
    )


def reactivate(
    *, actor: Actor, workspace: WorkspaceRef, member: UUID, at: datetime
) -> Membership:
    """Let a suspended member back in; they sign in anew."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        seats.lock(workspace=workspace)
        row, _others = _locked(member)
        _demand_theirs_is_own(actor, workspace, row)
        if row.status == MembershipStatus.ACTIVE:
            return row
        seats.demand_free(workspace=workspace)
        row.status = MembershipStatus.ACTIVE
        row.save(update_fields=["status"])
        _record(actor, "workspaces.member.reactivated", row, workspace, at)
        return row


def _end(
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    status: MembershipStatus,
    *,
    at: datetime,
    reason: str,
) -> Membership:
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        row, others = _locked(member)
        _demand_theirs_is_own(actor, workspace, row)
        before = MembershipStatus(row.status)
        if before is status:
            return row
        if row.role == Role.OWNER and before is MembershipStatus.ACTIVE:
            _demand_another_owner(row, others)
        row.status = status
        # Whatever was signed in or issued under the old number ends with it.
        row.generation += 1
        row.save(update_fields=["status", "generation"])
        _record(
            actor,
            f"workspaces.member.{status.value}",
            row,
            workspace,
            at,
            changes={"status": (before.value, status.value)},
            reason=reason,
        )
        return row


def _locked(member: UUID) -> tuple[Membership, list[Membership]]:
    """The member, and the other active owners, all locked in the order of ids."""
    rows = list(
        Membership.objects.filter(
            Q(public_id=member) | Q(role=Role.OWNER, status=MembershipStatus.ACTIVE)
        )
        .order_by("id")
        .select_for_update()
    )
    found = next((row for row in rows if row.public_id == member), None)
    if found is None or found.status == MembershipStatus.REMOVED:
        raise MemberIsGone(_("This workspace has no such member."))
    return found, [row for row in rows if row is not found]


def _demand_another_owner(row: Membership, others: list[Membership]) -> None:
    if others:
        return
    raise LastOwnerMustStay(
        _(
            "%s is the last owner of this workspace: make someone else owner first, "
            "a workspace always has one."
        )
        % (row.name or row.email)
    )


def _demand_no_more_than_own(actor: Actor, workspace: WorkspaceRef, role: Role) -> None:
    roles.demand_may_act_on(role=role, own=actor.permissions, plan=workspace.plan)


def _demand_theirs_is_own(
    actor: Actor, workspace: WorkspaceRef, row: Membership
) -> None:
    roles.demand_may_act_on_member(
        membership_id=row.pk,
        role=row.role,
        own=actor.permissions,
        plan=workspace.plan,
    )


def _demand_same_role(row: Membership, wanted: Role) -> None:
    if row.role == wanted:
        return
    raise RoleIsAnother(
        _("%(email)s is in this workspace already, as %(role)s; nothing was changed.")
        % {"email": row.email, "role": LABELS[Role(row.role)]}
    )


def known_role(role: str) -> Role:
    """The role of that name."""
    try:
        return Role(role)
    except ValueError:
        raise UnknownRole(
            _("There is no role “%(role)s”; the roles are %(known)s.")
            % {
                "role": naming.printable(role),
                "known": ", ".join(one.value for one in Role),
            }
        ) from None


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _record(
    actor: Actor,
    action: str,
    row: Membership,
    workspace: WorkspaceRef,
    at: datetime,
    **what: Any,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="member", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        **what,
    )
