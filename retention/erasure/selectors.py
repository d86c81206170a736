"""Answers what a member still has stored, what of it is held, and what was asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audit.erasure.services import Subject
from kit.sealing import binding, open_sealed
from retention.erasure.models import Erasure, ErasureCount
from retention.holds import coverage
from workspaces.members.models import Membership
from workspaces.tenancy import selectors as tenants

_LEFT = """
select '{kind}', count(*), count(*) filter (where {held}), count(*) filter (
       where c.deleted_at is null), coalesce(sum(c.byte_count), 0)::bigint
from {table} c
where c.{owner} = %(member)s and c.created_at <= %(until)s
"""


# When the grace of the last released hold ends, unless one in force covers anything.
_GRACE = """
select bool_or({in_force}), max(g.ends_at)
from {table} c left join (
    select s.id, max(r.release_grace_until) as ends_at
    from ({covering}) s join retention_holdscope r on r.hold_id = s.hold_id
    where r.release_grace_until > %(at)s group by s.id) g on g.id = c.id
where c.{owner} = %(member)s and c.created_at <= %(until)s
"""
_IN_FORCE = "h.released_at is null"
_IN_GRACE = "h.released_at is not null and h.release_grace_until > %(at)s"


@dataclass(frozen=True)
class Left:
    """What of one kind is stored: how much of it is held, and how much visible."""

    kind: str
    stored: int
    held: int
    visible: int
    bytes: int


def stored_of(*, membership_id: int, until: datetime, at: datetime) -> list[Left]:
    """What a member stored until a moment, by kind; kinds without anything too."""
    statement = " union all ".join(
        _LEFT.format(
            kind=kind.name,
            held=coverage.held(kind),
            table=kind.table,
            owner=kind.owner,
        )
        for kind in coverage.kinds()
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"member": membership_id, "until": until, "at": at})
        return [Left(*row) for row in cursor.fetchall()]


def protected_until(*, erasure: Erasure, at: datetime) -> datetime | None:
    """When the held rest is free at the latest; None while a hold is in force.

    None also where nothing of it is in the grace of a released hold.
    """
    statement = " union all ".join(
        _GRACE.format(
            in_force=coverage.held(kind, active=_IN_FORCE),
            covering=coverage.covering(kind, where=_IN_GRACE),
            table=kind.table,
            owner=kind.owner,
        )
        for kind in coverage.kinds()
    )
    member, until = erasure.membership_id, erasure.requested_at
    with connection.cursor() as cursor:
        cursor.execute(statement, {"member": member, "until": until, "at": at})
        found = cursor.fetchall()
    if any(in_force for in_force, _ends_at in found):
        return None
    return max((ends_at for _in_force, ends_at in found if ends_at), default=None)


def is_forgotten(member: Membership) -> bool:
    """Whether an erasure took who this was: their address stands for nobody."""
    return member.email == f"{member.public_id}@erased.invalid"


def subject(*, organization_id: int, person: UUID) -> Subject:
    """A person as the organization knows them, in any of its workspaces.

    What a provider calls them may be short and of digits: it counts as a name.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind, said from custos_known_as(%s, %s) order by 1, 2",
            [organization_id, person],
        )
        found = cursor.fetchall()
    said = {
        kind: tuple(text for one, text in found if one == kind)
        for kind in ("id", "address", "name")
    }
    return Subject(
        id=str(person),
        ids=said["id"],
        addresses=said["address"],
        names=said["name"],
    )


def erasures() -> QuerySet[Erasure]:
    """Every request of the open workspace, to order by (-requested_at, -id)."""
    return Erasure.objects.select_related("membership")


def erasures_of(*, membership_id: int) -> list[Erasure]:
    """The requests about one member, newest first."""
    rows = erasures().filter(membership_id=membership_id)
    return list(rows.order_by("-requested_at", "-id")[:50])


def erasure_by_public_id(*, public_id: UUID) -> Erasure:
    """One request; Erasure.DoesNotExist otherwise."""
    return erasures().get(public_id=public_id)


def open_for(*, membership_id: int) -> Erasure | None:
    """The request about a member that is worked on, if any."""
    return Erasure.objects.filter(
        membership_id=membership_id, ended_at__isnull=True
    ).first()


def counts_of(*, erasure: Erasure) -> list[ErasureCount]:
    """What became of each kind."""
    return list(ErasureCount.objects.filter(erasure=erasure).order_by("kind"))


def reason_of(*, erasure: Erasure) -> str:
    """Why somebody else asked, in clear; empty where the member did, or erased."""
    if not erasure.reason:
        return ""
    return open_sealed(
        bytes(erasure.reason),
        key=tenants.organization_key(),
        aad=binding(table="retention_erasure", row=erasure.public_id, column="reason"),
    ).decode()


def member_by_public_id(*, public_id: UUID) -> Membership:
    """One member, also one who left; Membership.DoesNotExist otherwise."""
    return Membership.objects.get(public_id=public_id)
