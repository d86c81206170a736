"""Lets users of the provider in as members, keeps them out, and removes them.

What may never happen: a token that takes over an account. So an address counts only in
a mail domain that this organization has proven, a member whom the provider did not
bring is touched only where the workspace lets it adopt, and a person's address moves
only between proven domains, and only while they are nothing but a member of this one
workspace: an owner's or administrator's account is re-pointed by no token.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from kit.actor import Actor
from kit.permissions import Permission
from workspaces.groups import services as groups
from workspaces.members import addresses
from workspaces.members import services as members
from workspaces.members.models import (
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.members.services import membership as seats
from workspaces.members.services import people
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.roles.matrix import Role
from workspaces.scim.models import Conflict, ScimResource
from workspaces.scim.rules import Facts
from workspaces.signin import selectors as signin
from workspaces.signin.rules import domain_of
from workspaces.tenancy import naming
from workspaces.tenancy.selectors import WorkspaceRef

_READDRESS = "select custos_readdress(%s, %s, %s, %s)"


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Who writes, where, under which switches; `gives`: what groups may give by it."""

    actor: Actor
    workspace: WorkspaceRef
    at: datetime
    adopts: bool = False
    makes_owners: bool = False
    gives: frozenset[Permission] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Match:
    """The membership that a user of the provider means, or what is in the way."""

    membership: Membership | None = None
    conflict: str = ""


def match(writer: Writer, facts: Facts) -> Match:
    """Whom a user means, let in if nothing speaks against it."""
    address, conflict = _address(facts)
    if address is None:
        return Match(conflict=conflict)
    found = _seat_of(address)
    if found is not None and found.status != MembershipStatus.REMOVED:
        return _existing(writer, found, facts)
    if not facts.is_active:
        return Match()
    if found is not None and _is_linked(found):
        return Match(conflict=Conflict.ADDRESS_TAKEN)
    return Match(membership=_let_in(writer, address, facts))


def follow(writer: Writer, row: ScimResource, *, before: Facts, after: Facts) -> Match:
    """Bring a linked member to what the provider says now."""
    seat = Membership.objects.get(pk=row.membership_id or 0)
    if seat.status == MembershipStatus.REMOVED:
        return _return(writer, before, after) or Match(membership=seat)
    if before.is_active and not after.is_active:
        _keep_out(writer, seat.public_id)
    elif after.is_active and not before.is_active:
        members.reactivate(
            actor=writer.actor,
            workspace=writer.workspace,
            member=seat.public_id,
            at=writer.at,
        )
    _name(seat, after)
    return Match(membership=seat, conflict=_move(writer, seat, after))


def leave(writer: Writer, row: ScimResource) -> None:
    """Remove the member behind a user that the provider deleted."""
    seat = Membership.objects.filter(pk=row.membership_id or 0).first()
    if seat is None or seat.status == MembershipStatus.REMOVED:
        return
    _offboard(writer, seat.public_id, Departure.REMOVED)


def _keep_out(writer: Writer, member: UUID) -> None:
    _offboard(writer, member, Departure.SUSPENDED)


def _offboard(writer: Writer, member: UUID, departure: Departure) -> None:
    offboard(
        actor=writer.actor,
        workspace=writer.workspace,
        member=member,
        departure=departure,
        at=writer.at,
        reason="SCIM",
    )


def _existing(writer: Writer, seat: Membership, facts: Facts) -> Match:
    if _is_linked(seat):
        return Match(conflict=Conflict.ADDRESS_TAKEN)
    if not writer.adopts:
        return Match(conflict=Conflict.MEMBER_EXISTS)
    if not facts.is_active and seat.status == MembershipStatus.ACTIVE:
        _keep_out(writer, seat.public_id)
    return Match(membership=seat)


def _return(writer: Writer, before: Facts, after: Facts) -> Match | None:
    """A person who was removed here comes back only when the provider says so anew."""
    if after.is_active and not before.is_active:
        return match(writer, after)
    return None


def _let_in(writer: Writer, address: str, facts: Facts) -> Membership:
    person = people.ensure_person(email=address, name=_seen(facts), at=writer.at)
    seat = seats.let_in(
        actor=writer.actor,
        workspace=writer.workspace,
        person=person,
        role=Role.MEMBER,
        source=MemberSource.SCIM,
        at=writer.at,
    )
    _name(seat, facts)
    return seat


def keep(*, before: int | None, after: int | None) -> None:
    """Show whom the provider keeps; whom it lets go of is kept here again."""
    if before and before != after:
        let_go = Membership.objects.filter(pk=before, source=MemberSource.SCIM)
        let_go.update(source=MemberSource.HAND)
    if after:
        taken = Membership.objects.filter(pk=after).exclude(source=MemberSource.SCIM)
        taken.update(source=MemberSource.SCIM)


def _address(facts: Facts) -> tuple[str | None, str]:
    """The first address in a domain that the organization has proven."""
    folded = []
    for text in facts.addresses:
        try:
            folded.append(addresses.fold(text))
        except addresses.BadAddress:
            continue
    if not folded:
        return None, Conflict.NO_ADDRESS
    for address in folded:
        if signin.has_proven(domain=domain_of(address)):
            return address, ""
    return None, Conflict.DOMAIN


def _seat_of(address: str) -> Membership | None:
    person = User.objects.filter(email=address).first()
    if person is None:
        return None
    return Membership.objects.filter(user_id=person.pk).first()


def _is_linked(seat: Membership) -> bool:
    return ScimResource.objects.filter(membership_id=seat.pk).exists()


def _name(seat: Membership, facts: Facts) -> None:
    name = _seen(facts)
    if name and name != seat.name:
        seat.name = name
        seat.save(update_fields=["name"])


def _seen(facts: Facts) -> str:
    """The name without what cannot be seen: some directories put marks into names."""
    return "".join(one for one in facts.name if naming.is_visible(one)).strip()


def _move(writer: Writer, seat: Membership, facts: Facts) -> str:
    """Give the person the address that the provider gives them, or say why not."""
    address, conflict = _address(facts)
    if address is None:
        return conflict
    if address == seat.email:
        return ""
    if not signin.has_proven(domain=domain_of(seat.email)):
        return Conflict.ADDRESS_FIXED
    if User.objects.filter(email=address).exists():
        return Conflict.ADDRESS_TAKEN
    with connection.cursor() as cursor:
        cursor.execute(
            _READDRESS,
            [seat.user_id, writer.workspace.id, seat.email, address],
        )
        is_moved = bool(cursor.fetchone()[0])
    return "" if is_moved else Conflict.ADDRESS_FIXED


def recognize(writer: Writer, row: ScimResource) -> None:
    """Let the groups of a user count for the member that they mean now."""
    groups.recognize(
        workspace=writer.workspace,
        subject=row.public_id,
        membership_id=row.membership_id,
        at=writer.at,
    )
    if row.membership_id is not None:
        groups.apply_roles(
            actor=writer.actor,
            workspace=writer.workspace,
            memberships=[row.membership_id],
            may_own=writer.makes_owners,
            at=writer.at,
        )
