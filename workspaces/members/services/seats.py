"""Gives seats: the one place where a limit is asked, whoever lets people in.

Whoever takes a seat of a workspace with a limit first locks the workspace's row, before
any row of a member, and counts then: of two who want the last seat the second waits,
sees the first, and is refused. Who is suspended or removed takes no seat.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import selectors
from workspaces.members.models import Membership, MembershipStatus
from workspaces.members.selectors import MemberIsGone
from workspaces.roles import selectors as roles
from workspaces.tenancy import naming
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.seats import CSV_WORDS, SeatType
from workspaces.tenancy.selectors import WorkspaceRef

MOST_SEATS = 10_000_000


class NoSeatIsFree(Refused):
    """The workspace has as many active members as it has seats."""


class UnknownSeat(Refused):
    """There is no such type of seat."""

    status = 422


class SeatsOutOfBounds(Refused):
    """A limit is a number of seats from 1 to MOST_SEATS."""

    status = 422


def known(text: str) -> SeatType:
    """The type of seat that a word means: ours, or the vendor's, in any case."""
    word = text.strip().lower()
    for one in SeatType:
        if word in {one.value, CSV_WORDS[one].lower()}:
            return one
    raise UnknownSeat(
        _("There is no seat type “%(seat)s”; the types are %(known)s.")
        % {"seat": naming.printable(text), "known": ", ".join(CSV_WORDS.values())}
    )


def lock(*, workspace: WorkspaceRef) -> SeatType:
    """Let nobody else take a seat meanwhile; the type that new members get.

    Without a limit nobody waits.
    """
    mine = Workspace.objects.filter(pk=workspace.id)
    limit, default = mine.values_list("seat_limit", "default_seat").get()
    if limit is not None:
        mine.select_for_update(no_key=True).values_list("pk").get()
    return SeatType(default)


def demand_free(*, workspace: WorkspaceRef) -> None:
    """Refuse whoever finds no seat; `lock` was called before."""
    found = selectors.seats(workspace_id=workspace.id)
    if found.limit is None or found.taken < found.limit:
        return
    raise NoSeatIsFree(
        ngettext(
            "The one seat of %(workspace)s is taken: suspend or remove somebody, or "
            "ask an owner for more seats.",
            "All %(limit)s seats of %(workspace)s are taken: suspend or remove "
            "somebody, or ask an owner for more seats.",
            found.limit,
        )
        % {"limit": grouped(found.limit), "workspace": workspace.name}
    )


def change_seat(
    *, actor: Actor, workspace: WorkspaceRef, member: UUID, seat: str, at: datetime
) -> Membership:
    """Give a member another type of seat, from their next request on."""
    actor.require(Permission.MEMBERS_MANAGE)
    wanted = known(seat)
    with _open(workspace):
        row = Membership.objects.select_for_update().filter(public_id=member).first()
        if row is None or row.status == MembershipStatus.REMOVED:
            raise MemberIsGone(_("This workspace has no such member."))
        roles.demand_may_act_on_member(
            membership_id=row.pk,
            role=row.role,
            own=actor.permissions,
            plan=workspace.plan,
        )
        before = row.seat
        if before == wanted:
            return row
        row.seat = wanted
        row.save(update_fields=["seat"])
        recording.record(
            actor=actor,
            action="workspaces.member.seat-changed",
            target=Target(kind="member", id=row.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={"seat": (before, wanted.value)},
        )
        return row


def set_seats(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    limit: int | None,
    default: str,
    at: datetime,
) -> None:
    """Set how many may be in and which seat new members get; nobody is put out."""
    actor.require(Permission.WORKSPACE_MANAGE)
    wanted = known(default)
    if limit is not None and not 1 <= limit <= MOST_SEATS:
        raise SeatsOutOfBounds(
            _("A limit is a number from 1 to %s.") % grouped(MOST_SEATS)
        )
    with _open(workspace):
        row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        changes = {
            name: (before, after)
            for name, before, after in (
                ("seat_limit", row.seat_limit, limit),
                ("default_seat", row.default_seat, wanted.value),
            )
            if before != after
        }
        if not changes:
            return
        row.seat_limit, row.default_seat = limit, wanted
        row.save(update_fields=["seat_limit", "default_seat"])
        recording.record(
            actor=actor,
            action="workspaces.seats.changed",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes=changes,
        )


def _open(workspace: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
