"""Finds the resources of a workspace, page by page, without a join.

Where SQL answers a search exactly, it also sorts, counts and pages. Where it does not,
at most `MOST_OPENED` rows are opened and asked one by one; a search that would need
more is refused, since an answer from some of them would be wrong.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from workspaces.groups.models import Group, GroupMember
from workspaces.keys.models import ScimToken
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles.matrix import on_plan, permissions_of
from workspaces.scim import core, filters, paging
from workspaces.scim.models import Kind, ScimRequest, ScimResource, ScimSettings
from workspaces.tenancy.selectors import WorkspaceRef

MOST_OPENED = 2_000
KEPT_REQUESTS = 200

Build = Callable[..., list[core.Resource[Any]]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of rows; the positions are None where there is nothing further."""

    rows: list[ScimResource]
    total: int
    next: Any = None
    previous: Any = None


def resource(*, kind: Kind, id: str, locks: bool) -> ScimResource | None:  # noqa: A002
    """The resource with that id; of another workspace there is none."""
    public_id = filters.id_of(id)
    if public_id is None:
        return None
    found = ScimResource.objects.filter(kind=kind, public_id=public_id)
    return (found.select_for_update() if locks else found).first()


def in_conflict(*, id: str) -> ScimResource | None:  # noqa: A002
    """The user with that id if something is in their way, locked."""
    public_id = filters.id_of(id)
    if public_id is None:
        return None
    found = ScimResource.objects.filter(kind=Kind.USER, public_id=public_id)
    return found.exclude(conflict="").select_for_update().first()


def is_taken(row: ScimResource) -> bool:
    """Whether another resource of the kind has the name."""
    same = ScimResource.objects.filter(kind=row.kind, folded_name=row.folded_name)
    return same.exclude(pk=row.pk or 0).exists()


def users(*, ids: Collection[str]) -> dict[str, ScimResource]:
    """The users with these ids, by id."""
    wanted = [found for one in ids if (found := filters.id_of(one)) is not None]
    rows = ScimResource.objects.filter(kind=Kind.USER, public_id__in=wanted)
    rows = rows.only("public_id", "membership_id")
    return {row.public_id.hex: row for row in rows}


def members(rows: Collection[ScimResource]) -> dict[int, list[dict[str, Any]]]:
    """The members of groups, by the row of the group, in the order they came."""
    by_group = {row.group_id: row.pk for row in rows if row.group_id is not None}
    if not by_group:
        return {}
    found = GroupMember.objects.filter(group_id__in=list(by_group)).order_by("id")
    listed = defaultdict(list)
    for group_id, subject, display in found.values_list(
        "group_id", "subject", "display"
    ):
        entry = {
            "value": subject.hex,
            "$ref": f"Users/{subject.hex}",
            "type": "User",
        }
        if display:
            entry["display"] = display
        listed[by_group[group_id]].append(entry)
    return listed


def groups_of(rows: Collection[ScimResource]) -> dict[int, list[dict[str, Any]]]:
    """The groups that users are in, by the row of the user."""
    by_subject = {row.public_id: row.pk for row in rows if row.kind == Kind.USER}
    if not by_subject:
        return {}
    pairs = list(
        GroupMember.objects.filter(subject__in=list(by_subject))
        .order_by("id")
        .values_list("subject", "group_id")
    )
    named = _named_groups({group_id for _subject, group_id in pairs})
    listed = defaultdict(list)
    for subject, group_id in pairs:
        if group_id in named:
            listed[by_subject[subject]].append(named[group_id])
    return listed


def _named_groups(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    rows = ScimResource.objects.filter(kind=Kind.GROUP, group_id__in=ids)
    public = dict(rows.values_list("group_id", "public_id"))
    names = dict(Group.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        group_id: {
            "value": public_id.hex,
            "$ref": f"Groups/{public_id.hex}",
            "display": names[group_id],
            "type": "direct",
        }
        for group_id, public_id in public.items()
    }


def page(
    kinds: Collection[Kind],
    asked: core.SearchRequest[Any],
    *,
    position: Any,
    build: Build,
) -> Page:
    """One page of what `asked` finds among resources of these kinds."""
    where, is_exact = Q(pk__in=()), True
    for kind in kinds:
        part = filters.condition(asked.filter, kind=kind)
        where |= Q(kind=kind) & part.where
        is_exact = is_exact and part.is_exact
    found = ScimResource.objects.filter(where)
    order = paging.order_of(asked, kinds)
    if is_exact and order is not None:
        return _in_sql(found, order, asked, position)
    return _opened(found, asked, position, build)


def _in_sql(
    found: QuerySet[ScimResource],
    order: paging.Order,
    asked: core.SearchRequest[Any],
    position: Any,
) -> Page:
    total = found.count()
    if asked.cursor is None:
        start = asked.start_index_0 or 0
        stop = None if asked.count is None else start + asked.count
        rows = list(found.order_by(*order.columns)[start:stop])
        return Page(rows=rows, total=total)
    if asked.count == 0:
        return Page(rows=[], total=total)
    sliced = paging.keyset(found, order, position, size=asked.count)
    return Page(
        rows=sliced.rows, total=total, next=sliced.next, previous=sliced.previous
    )


def _opened(
    found: QuerySet[ScimResource],
    asked: core.SearchRequest[Any],
    position: Any,
    build: Build,
) -> Page:
    rows = list(found.order_by("id")[: MOST_OPENED + 1])
    if len(rows) > MOST_OPENED:
        raise core.TooManyException(
            detail=(
                f"This search would open more than {MOST_OPENED} resources: filter or"
                " sort by userName, displayName, externalId, emails, active or meta"
            )
        )
    pairs = zip(rows, build(rows), strict=True)
    fitting = [
        (row, one)
        for row, one in pairs
        if asked.filter is None or asked.filter.match(one)
    ]
    sliced = paging.sorted_slice(fitting, asked, position)
    return Page(
        rows=sliced.rows,
        total=len(fitting),
        next=sliced.next,
        previous=sliced.previous,
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the provider of the workspace in scope may do."""

    adopts: bool = False
    makes_owners: bool = False


def settings() -> Settings:
    """The switches of the workspace whose scope is open."""
    row = ScimSettings.objects.first()
    if row is None:
        return Settings()
    return Settings(adopts=row.adopts, makes_owners=row.makes_owners)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many users and groups the provider keeps, and how they stand."""

    users: int = 0
    linked: int = 0
    active: int = 0
    groups: int = 0
    conflicts: int = 0
    unmatched_members: int = 0


def counts() -> Counts:
    """What the page says about the whole."""
    users = ScimResource.objects.filter(kind=Kind.USER)
    return Counts(
        users=users.count(),
        linked=users.filter(membership__isnull=False).count(),
        active=users.exclude(is_active=False).count(),
        groups=ScimResource.objects.filter(kind=Kind.GROUP).count(),
        conflicts=users.exclude(conflict="").count(),
        unmatched_members=unmatched().count(),
    )


def unmatched() -> QuerySet[Membership]:
    """Members whom the provider did not bring: what adoption would let it touch."""
    linked = ScimResource.objects.filter(membership__isnull=False)
    return Membership.objects.exclude(status=MembershipStatus.REMOVED).exclude(
        pk__in=list(linked.values_list("membership_id", flat=True))
    )


def conflicts(*, size: int = 100) -> list[ScimResource]:
    """Users of the provider who are nobody here, the newest first."""
    found = ScimResource.objects.exclude(conflict="").order_by("-id")
    return list(found[:size])


def requests(*, size: int = KEPT_REQUESTS) -> list[ScimRequest]:
    """The last requests, the newest first."""
    return list(ScimRequest.objects.order_by("-id")[:size])


def reach_of(*, actor: Actor, workspace: WorkspaceRef) -> frozenset[Permission]:
    """What the actor may give to others through groups, in the workspace's scope."""
    if actor.kind is not ActorKind.SERVICE:
        return actor.permissions
    token = ScimToken.objects.filter(public_id=UUID(actor.id)).first()
    if token is None:
        return frozenset()
    try:
        issuer = UUID(token.created_by)
    except ValueError:  # the operator
        return on_plan(workspace.plan)
    seat = Membership.objects.filter(user__public_id=issuer).first()
    if seat is None:
        return frozenset()
    return permissions_of(role=seat.role, plan=workspace.plan)
