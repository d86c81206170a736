"""Whom a selection means, and what an act would do to them: counted, not carried out.

One statement counts over all chosen members; the services decide again for each when
it is carried out, and the file of the job tells whom they refused.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When

from kit.actor import Actor
from workspaces.access.models import RoleAssignment, RoleGrant
from workspaces.bulk.acts import ABOUT_STATUS, ENDING, Act, Left, Order
from workspaces.groups.models import GroupMember
from workspaces.members import selectors as members
from workspaces.members.models import Membership, MembershipStatus, MemberSource
from workspaces.members.selectors import Wanted
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import Role, grantable_on
from workspaces.tenancy.selectors import WorkspaceRef

_SAMPLE = 5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Members by id, or all that fit a list's filters."""

    ids: tuple[UUID, ...] = ()
    wanted: Wanted | None = None


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """Who is left out for one reason: how many, and the first of them."""

    reason: Left
    number: int
    sample: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an act would do."""

    total: int
    will: int
    excluded: tuple[Excluded, ...]


def chosen(choice: Choice) -> QuerySet[Membership]:
    """The members that a selection means."""
    if choice.wanted is not None:
        return members.matching(choice.wanted)
    return Membership.objects.filter(public_id__in=choice.ids)


def number(choice: Choice) -> int:
    """How many they are."""
    return chosen(choice).count()


def ids(choice: Choice) -> list[int]:
    """Their ids, in the order in which they are worked on."""
    rows = chosen(choice).order_by("email", "id")
    return list(rows.values_list("pk", flat=True))


def by_ids(*, ids: Collection[int]) -> Iterator[Membership]:
    """A part of them, in the same order."""
    found = Membership.objects.in_bulk(list(ids))
    return (found[one] for one in ids if one in found)


def plan(
    *, actor: Actor, workspace: WorkspaceRef, choice: Choice, order: Order
) -> Plan:
    """Whom the act would meet and whom not, with every reason."""
    judged = chosen(choice).annotate(left=_left(actor, workspace, order))
    counted = dict(
        judged.values("left")
        .annotate(number=Count("id"))
        .order_by("left")
        .values_list("left", "number")
    )
    total, will = sum(counted.values()), counted.pop("", 0)
    numbers = {Left(reason): found for reason, found in counted.items()}
    for reason, more in _further(workspace, judged.filter(left=""), order, will):
        will -= more
        numbers[reason] = numbers.get(reason, 0) + more
    return Plan(
        total=total,
        will=will,
        excluded=tuple(
            Excluded(
                reason=reason,
                number=found,
                sample=tuple(
                    judged.filter(left=reason)
                    .order_by("email", "id")
                    .values_list("email", flat=True)[:_SAMPLE]
                ),
            )
            for reason, found in numbers.items()
            if found
        ),
    )


def _left(actor: Actor, workspace: WorkspaceRef, order: Order) -> Case:
    """The first reason against each member, in SQL; empty where there is none."""
    conditions = [(Q(status=MembershipStatus.REMOVED), Left.GONE), *_same(order)]
    if order.act in ABOUT_STATUS:
        conditions.append((Q(source=MemberSource.SCIM), Left.SCIM))
    if order.act in ENDING:
        conditions.append((Q(pk=actor.membership_id or 0), Left.YOU))
    conditions.append((_above(actor, workspace), Left.ABOVE))
    return Case(
        *(When(condition, then=Value(left.value)) for condition, left in conditions),
        default=Value(""),
        output_field=CharField(),
    )


def _same(order: Order) -> list[tuple[Q, Left]]:
    column = {
        Act.ROLE: Q(role=order.value),
        Act.SEAT: Q(seat=order.value),
        Act.SUSPEND: Q(status=MembershipStatus.SUSPENDED),
        Act.REACTIVATE: Q(status=MembershipStatus.ACTIVE),
    }.get(order.act)
    return [(column, Left.SAME)] if column is not None else []


def _above(actor: Actor, workspace: WorkspaceRef) -> Q:
    """Built-in roles, and what custom roles grant, directly and through groups."""
    own, plan = actor.permissions, workspace.plan
    above = [r for r in Role if not roles.may_act_on(role=r, own=own, plan=plan)]
    condition = Q(role__in=above)
    beyond = grantable_on(plan) - own
    if not beyond:
        return condition
    granting = RoleGrant.objects.filter(permission__in=beyond).values("role_id")
    given = RoleAssignment.objects.filter(role_id__in=granting)
    groups = given.filter(group_id__isnull=False).values("group_id")
    through = GroupMember.objects.filter(
        group_id__in=groups, membership__isnull=False
    ).values("membership_id")
    direct = given.filter(membership_id__isnull=False).values("membership_id")
    return condition | Q(pk__in=direct) | Q(pk__in=through)


def _further(
    workspace: WorkspaceRef,
    met: QuerySet[Membership],
    order: Order,
    will: int,
) -> list[tuple[Left, int]]:
    """What does not depend on one member alone."""
    if order.act is Act.REACTIVATE:
        free = members.seats(workspace_id=workspace.id).free
        return [(Left.NO_SEAT, max(0, will - free))] if free is not None else []
    ends_ownership = order.act in ENDING or (
        order.act is Act.ROLE and order.value != Role.OWNER
    )
    if not ends_ownership:
        return []
    owners = met.filter(role=Role.OWNER, status=MembershipStatus.ACTIVE).count()
    return [(Left.LAST_OWNER, 1)] if owners >= members.active_owners() > 0 else []
