"""Which groups a workspace has, who is in them, and what they give."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.groups import rules
from workspaces.groups.models import GivenRole, Group, GroupMember, GroupRole
from workspaces.members import selectors as people
from workspaces.members.models import Membership

_BY_NAME: keyset.Order = (("folded_name", "asc"), ("id", "asc"))
_BY_ENTRY: keyset.Order = (("id", "asc"),)
_AFTER_ALL = "\U0010ffff"  # sorts behind every character that may follow a prefix


class GroupIsGone(Refused):
    """The workspace has no such group."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A group with how many people are in it, and the role that it gives."""

    group: Group
    people: int
    role: str


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Somebody in a group; without a membership where they are no member here."""

    entry: GroupMember
    membership: Membership | None


def one(*, group: UUID) -> Group:
    """The group with that public id."""
    found = Group.objects.filter(public_id=group).first()
    if found is None:
        raise GroupIsGone(_("This workspace has no such group."))
    return found


def page(
    *, prefix: str = "", after: str | None = None, size: int = 50
) -> tuple[list[Counted], keyset.Page[Group]]:
    """One page of groups by name, with what is known of each."""
    found = Group.objects.all()
    if prefix:
        first = rules.fold(prefix)
        found = found.filter(folded_name__gte=first, folded_name__lt=first + _AFTER_ALL)
    listed = keyset.page(found, order=_BY_NAME, after=after, size=size)
    return _counted(listed.rows), listed


def counted(*, size: int = 500) -> list[Counted]:
    """The groups by name, at most `size` of them."""
    return _counted(list(Group.objects.order_by("folded_name", "id")[:size]))


def counted_one(*, group: Group) -> Counted:
    """The group with how many people are in it and the role that it gives."""
    return _counted([group])[0]


def discoverable() -> QuerySet[Group]:
    """The groups that every member may find when they share something."""
    return Group.objects.filter(is_discoverable=True)


def number() -> int:
    """How many groups the workspace has."""
    return Group.objects.count()


def people_of(
    *, group: Group, after: str | None = None
) -> tuple[list[Listed], keyset.Page[GroupMember]]:
    """One page of who is in a group, in the order in which they came."""
    entries = GroupMember.objects.filter(group_id=group.pk)
    listed = keyset.page(entries, order=_BY_ENTRY, after=after)
    ids = [row.membership_id for row in listed.rows if row.membership_id]
    known = people.by_id(ids=ids)
    return [
        Listed(entry=row, membership=known.get(row.membership_id or 0))
        for row in listed.rows
    ], listed


def groups_of(*, membership_id: int) -> list[Group]:
    """The groups of a member, by name."""
    mine = GroupMember.objects.filter(membership_id=membership_id)
    ids = list(mine.values_list("group_id", flat=True))
    return list(Group.objects.filter(pk__in=ids).order_by("folded_name", "id"))


def inside(*, group: Group, memberships: Collection[int]) -> set[int]:
    """Those of these memberships that are in the group."""
    rows = GroupMember.objects.filter(
        group_id=group.pk, membership_id__in=list(memberships)
    )
    return {one or 0 for one in rows.values_list("membership_id", flat=True)}


def _counted(groups: list[Group]) -> list[Counted]:
    ids = [group.pk for group in groups]
    members = GroupMember.objects.filter(group_id__in=ids)
    people_in = dict(
        members.values("group_id")
        .annotate(people=Count("id"))
        .order_by("group_id")
        .values_list("group_id", "people")
    )
    roles = dict(
        GroupRole.objects.filter(group_id__in=ids).values_list("group_id", "role")
    )
    return [
        Counted(
            group=group,
            people=people_in.get(group.pk, 0),
            role=roles.get(group.pk, ""),
        )
        for group in groups
    ]


def counted_of(*, ids: Collection[int]) -> list[Counted]:
    """These groups, such as those of a page of rows."""
    return _counted(list(Group.objects.in_bulk(ids).values())) if ids else []


def named(*, name: str) -> Group:
    """The group of that name, however it is written."""
    found = Group.objects.filter(folded_name=rules.fold(name)).first()
    if found is None:
        raise GroupIsGone(_("This workspace has no group of that name."))
    return found


def is_taken(*, folded_name: str, other_than: int | None = None) -> bool:
    """Whether another group has that name."""
    return Group.objects.filter(
        ~Q(pk=other_than or 0), folded_name=folded_name
    ).exists()


def any_gives_a_role() -> bool:
    """Whether belonging to any group gives a role."""
    return GroupRole.objects.exists()


def role_of(*, group_id: int) -> str:
    """The built-in role that a group gives, or nothing."""
    found = GroupRole.objects.filter(group_id=group_id)
    return found.values_list("role", flat=True).first() or ""


def roles_by_group() -> dict[int, str]:
    """The role that each group gives, where it gives one."""
    return dict(GroupRole.objects.values_list("group_id", "role"))


def roles_given(*, membership_ids: Collection[int]) -> dict[int, list[str]]:
    """What the groups of each of these members give them."""
    roles = roles_by_group()
    rows = GroupMember.objects.filter(
        membership_id__in=membership_ids, group_id__in=list(roles)
    ).values_list("membership_id", "group_id")
    given = defaultdict(list)
    for membership_id, group_id in rows:
        given[membership_id].append(roles[group_id])
    return given


def given_before(*, membership_ids: Collection[int]) -> dict[int, str]:
    """The roles that these members have through groups until now."""
    rows = GivenRole.objects.filter(membership_id__in=membership_ids)
    return dict(rows.values_list("membership_id", "role"))


def members_of(*, group_id: int) -> list[int]:
    """The memberships in a group; people who are no members are left out."""
    rows = GroupMember.objects.filter(group_id=group_id, membership__isnull=False)
    return [one or 0 for one in rows.values_list("membership_id", flat=True)]
