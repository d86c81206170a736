"""Which GPTs stand above the ceiling of their owner, and how they would come down.

The ceilings of many owners are worked out together, by the same evaluator that answers
about one. A suspended owner keeps their ceiling: nothing is taken from who may return.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from workspaces.access import rules as evaluator
from workspaces.access import selectors as access
from workspaces.access.features import Feature, Value, nothing_of, with_seat
from workspaces.access.models import RoleAssignment, RoleSetting
from workspaces.gpts import rules
from workspaces.gpts.levels import NONE, Visibility, rank
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Lowered
from workspaces.gpts.selectors import finding
from workspaces.groups.models import GroupMember
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.tenancy.seats import SeatType

_CHUNK = 1_000
_FEATURE = Feature.GPTS_SHARE


@dataclass(frozen=True, kw_only=True)
class Above:
    """One GPT that is shared further than its owner may."""

    gpt: Gpt
    ceiling: str
    lowered: Lowered


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All that stands above: how many, and the first of them."""

    total: int
    shown: tuple[Above, ...]
    losing_recipients: int


def overview(*, size: int = 100) -> Overview:
    """How many GPTs stand above a ceiling, with the first `size` of them."""
    shown: list[Above] = []
    total = losing = 0
    for one in above():
        total += 1
        losing += one.lowered.loses_recipients
        if len(shown) < size:
            shown.append(one)
    return Overview(total=total, shown=tuple(shown), losing_recipients=losing)


def above() -> Iterator[Above]:
    """Every GPT above its owner's ceiling, by id; a few statements a thousand GPTs."""
    allows_public, after_id = finding.allows_public(), 0
    suspects = _suspects(allows_public=allows_public).order_by("id")
    while chunk := list(suspects.filter(id__gt=after_id)[:_CHUNK]):
        after_id = chunk[-1].pk
        yield from _above(chunk, allows_public=allows_public)


def above_among(*, gpts: Collection[Gpt]) -> list[Above]:
    """Those of these GPTs that stand above their owner's ceiling."""
    return list(_above(gpts, allows_public=finding.allows_public()))


def ceilings_of(*, owner_ids: Collection[int]) -> dict[int, str]:
    """How far each of these members may share, by their roles and their seat."""
    baseline = access.baseline(feature=_FEATURE)
    roles = _roles_of(owner_ids)
    said = _said({role for one in roles.values() for role in one})
    return {
        one.pk: _level(
            baseline,
            [said.get(role, baseline) for role in roles.get(one.pk, ())],
            seat=one.seat,
        )
        for one in members.by_id(ids=owner_ids).values()
    }


def _level(baseline: Value, given: list[Value], *, seat: str) -> str:
    if _FEATURE not in with_seat(seat):
        return str(nothing_of(_FEATURE))
    return str(evaluator.join(_FEATURE, given) if given else baseline)


def _roles_of(member_ids: Collection[int]) -> dict[int, set[int]]:
    """The custom roles of each member, given directly or through a group."""
    groups = defaultdict(set)
    rows = GroupMember.objects.filter(membership_id__in=member_ids)
    for member_id, group_id in rows.values_list("membership_id", "group_id"):
        groups[group_id].add(member_id or 0)
    found: dict[int, set[int]] = defaultdict(set)
    assigned = RoleAssignment.objects.filter(
        Q(membership_id__in=member_ids) | Q(group_id__in=list(groups))
    )
    for role_id, member_id, group_id in assigned.values_list(
        "role_id", "membership_id", "group_id"
    ):
        for one in {member_id} if member_id else groups[group_id or 0]:
            found[one].add(role_id)
    return found


def _said(role_ids: Collection[int]) -> dict[int, Value]:
    rows = RoleSetting.objects.filter(role_id__in=role_ids, feature=_FEATURE)
    return {row.role_id: access.value_of(row) for row in rows}


def _above(gpts: Collection[Gpt], *, allows_public: bool) -> Iterator[Above]:
    features = ceilings_of(owner_ids={gpt.owner_id for gpt in gpts})
    for gpt in gpts:
        ceiling = rules.ceiling_of(
            feature=features.get(gpt.owner_id, NONE), allows_public=allows_public
        )
        lowered = rules.lowered(
            visibility=gpt.visibility, recipients=gpt.recipient_count, ceiling=ceiling
        )
        if lowered is not None:
            yield Above(gpt=gpt, ceiling=ceiling, lowered=lowered)


def _suspects(*, allows_public: bool) -> QuerySet[Gpt]:
    """What may stand above: whatever every owner may share so far is not looked at."""
    floor = _floor(allows_public=allows_public)
    shared = ~Q(visibility=Visibility.INVITE_ONLY) | Q(recipient_count__gt=0)
    if floor == NONE:
        return finding.live().filter(shared)
    higher = [one.value for one in Visibility if rank(one) > rank(floor)]
    without = [one for one in SeatType if _FEATURE not in with_seat(one)]
    seatless = Membership.objects.filter(seat__in=without).values("id")
    return finding.live().filter(
        Q(visibility__in=higher) | (shared & Q(owner_id__in=seatless))
    )


def _floor(*, allows_public: bool) -> str:
    """The lowest ceiling that any owner with a seat for GPTs can have."""
    given = RoleSetting.objects.filter(feature=_FEATURE)
    values = [access.baseline(feature=_FEATURE), *map(access.value_of, given)]
    lowest = min(map(str, values), key=rank)
    return rules.ceiling_of(feature=lowest, allows_public=allows_public)
