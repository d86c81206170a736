"""Who is in the workspace whose scope is open, without a join.

The search is a range over the folded address and name: below row-level security a LIKE
may not use the index (175 times slower on 200,000 members, reference measurements).
Numbers come from the running count that the database keeps.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.members import addresses, narrowing
from workspaces.members.models import (
    Headcount,
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.roles.matrix import Role
from workspaces.tenancy.models import (
    OrganizationAdministrator,
    OrganizationRole,
    Workspace,
)
from workspaces.tenancy.seats import SeatType

_ORDER: keyset.Order = (("email", "asc"), ("id", "asc"))
_AFTER_ALL = "\U0010ffff"  # sorts behind every character that may follow a prefix


class MemberIsGone(Refused):
    """The workspace has no such member, or no longer."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many people are in, by role, and how many of them are suspended."""

    by_role: dict[Role, int]
    suspended: int

    @property
    def total(self) -> int:
        return sum(self.by_role.values())


@dataclass(frozen=True, kw_only=True)
class Seats:
    """How many seats are taken, of how many, and which one a new member gets."""

    by_type: dict[SeatType, int]
    limit: int | None
    default: SeatType

    @property
    def taken(self) -> int:
        return sum(self.by_type.values())

    @property
    def free(self) -> int | None:
        """How many are left; nothing where there is no limit."""
        return None if self.limit is None else max(0, self.limit - self.taken)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which members a list shows; what is empty leaves everybody who is in.

    `find` is the beginning of an address, of a name or of a surname; `kept` is who
    keeps them, `scim` or `here`; `narrowed` holds values of the ways that slices above
    have registered.
    """

    find: str = ""
    role: str = ""
    status: str = ""
    seat: str = ""
    kept: str = ""
    narrowed: Mapping[str, str] = field(default_factory=dict)

    def as_query(self) -> dict[str, str]:
        """The same as parameters of a URL, without what is empty."""
        named = {
            "q": self.find,
            "role": self.role,
            "status": self.status,
            "seat": self.seat,
            "kept": self.kept,
            **self.narrowed,
        }
        return {name: value for name, value in named.items() if value}


def present() -> QuerySet[Membership]:
    """Members who were not removed; suspended ones are shown as such."""
    return Membership.objects.exclude(status=MembershipStatus.REMOVED)


def matching(wanted: Wanted) -> QuerySet[Membership]:
    """The members that a list with these filters shows."""
    found = present()
    if wanted.status:
        found = Membership.objects.filter(status=wanted.status)
    columns = {"role": wanted.role, "seat": wanted.seat}
    found = found.filter(**{name: value for name, value in columns.items() if value})
    if wanted.kept:
        by_scim = Q(source=MemberSource.SCIM)
        found = found.filter(by_scim if wanted.kept == "scim" else ~by_scim)
    if wanted.find:
        found = found.filter(_begins(wanted.find.lower()))
    for way in narrowing.registered():
        if value := wanted.narrowed.get(way.name):
            found = found.filter(pk__in=way.members(value))
    return found


def listed(
    *, wanted: Wanted, after: str | None = None, size: int = 50
) -> keyset.Page[Membership]:
    """One page of the members that fit, by address."""
    return keyset.page(matching(wanted), order=_ORDER, after=after, size=size)


def page(
    *, prefix: str = "", role: str = "", after: str | None = None, size: int = 50
) -> keyset.Page[Membership]:
    """One page of members by address, found by its beginning."""
    found = present()
    if role:
        found = found.filter(role=role)
    if prefix:
        found = found.filter(email__gte=prefix, email__lt=prefix + _AFTER_ALL)
    return keyset.page(found, order=_ORDER, after=after, size=size)


def _begins(prefix: str) -> Q:
    """Ranges, which an index answers below row-level security; a LIKE would not."""
    beyond = prefix + _AFTER_ALL
    by_address = Q(email__gte=prefix, email__lt=beyond)
    if "@" in prefix:
        return by_address
    by_name = Q(name_key__gte=prefix, name_key__lt=beyond)
    return by_address | by_name | Q(surname_key__gte=prefix, surname_key__lt=beyond)


def one(*, member: UUID) -> Membership:
    """The member with that public id; also a removed one, whose data may be here."""
    found = Membership.objects.filter(public_id=member).first()
    if found is None:
        raise MemberIsGone(_("This workspace has no such member."))
    return found


def addressed(*, email: str) -> Membership:
    """The member with that address who is in."""
    found = present().filter(email=addresses.fold(email)).first()
    if found is None:
        raise MemberIsGone(_("This workspace has no member with that address."))
    return found


def by_id(*, ids: Collection[int]) -> dict[int, Membership]:
    """These members, removed ones included: the owners of a page of rows."""
    return Membership.objects.in_bulk(list(ids)) if ids else {}


def by_public_id(*, ids: Collection[UUID]) -> list[Membership]:
    """Those of these members that the workspace has, by address."""
    rows = Membership.objects.filter(public_id__in=list(ids))
    return list(rows.order_by("email", "id"))


def counts() -> Counts:
    """The number of members by role, from the running count of the database."""
    by_role = dict.fromkeys(Role, 0)
    suspended = 0
    for role, status, _seat, number in _heads():
        if status == MembershipStatus.REMOVED:
            continue
        by_role[Role(role)] += number
        suspended += number if status == MembershipStatus.SUSPENDED else 0
    return Counts(by_role=by_role, suspended=suspended)


def seats(*, workspace_id: int) -> Seats:
    """The seats of the workspace; who is suspended or removed takes none."""
    limit, default = Workspace.objects.values_list("seat_limit", "default_seat").get(
        pk=workspace_id
    )
    by_type = dict.fromkeys(SeatType, 0)
    for _role, status, seat, number in _heads():
        if status == MembershipStatus.ACTIVE:
            by_type[SeatType(seat)] += number
    return Seats(by_type=by_type, limit=limit, default=SeatType(default))


def active_owners() -> int:
    """How many owners the workspace has who can act."""
    return sum(
        number
        for role, status, _seat, number in _heads()
        if role == Role.OWNER and status == MembershipStatus.ACTIVE
    )


def _heads() -> list[tuple[str, str, str, int]]:
    rows = Headcount.objects.values_list("role", "status", "seat")
    summed = rows.annotate(number_of=Sum("number")).order_by("role", "status", "seat")
    return list(summed)


def organization_owners() -> list[User]:
    """The owners of the organization whose scope is open."""
    return _administrators([OrganizationRole.OWNER])


def administrators(*, roles: Collection[str]) -> list[User]:
    """Who runs the organization whose scope is open in these roles, and can sign in."""
    return [user for user in _administrators(roles) if user.is_active]


def _administrators(roles: Collection[str]) -> list[User]:
    rows = OrganizationAdministrator.objects.filter(role__in=roles)
    ids = list(rows.order_by("id").values_list("user_id", flat=True))
    found = User.objects.in_bulk(ids)
    return [found[one] for one in ids]


def names_of(*, people: Iterable[str]) -> dict[str, str]:
    """Names (or addresses) of members by their person's public id, in one query."""
    wanted = {UUID(person) for person in people if _is_uuid(person)}
    users = dict(
        User.objects.filter(public_id__in=wanted).values_list("pk", "public_id")
    )
    rows = Membership.objects.filter(user_id__in=users).values_list(
        "user_id", "name", "email"
    )
    return {str(users[user_id]): name or email for user_id, name, email in rows}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
