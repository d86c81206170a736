"""Which GPTs stand above the ceiling of their owner, and how they would come down.

The ceilings of many owners are worked out together, by the same evaluator that answers
about one. A suspended owner keeps their ceiling: nothing is taken from who may return.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from workspaces.access import selectors as access
from workspaces.access import standings
from workspaces.access.features import Feature, with_seat
from workspaces.access.models import RoleSetting
from workspaces.access.selectors import Standing
from workspaces.gpts import rules
from workspaces.gpts.levels import NONE, Visibility, rank
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Lowered
from workspaces.gpts.selectors import finding
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.seats import SeatType
from workspaces.tenancy.selectors import WorkspaceRef

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


def overview(*, workspace: WorkspaceRef, size: int = 100) -> Overview:
    """How many GPTs stand above a ceiling, with the first `size` of them."""
    shown: list[Above] = []
    total = losing = 0
    for one in above(workspace=workspace):
        total += 1
        losing += one.lowered.loses_recipients
        if len(shown) < size:
            shown.append(one)
    return Overview(total=total, shown=tuple(shown), losing_recipients=losing)


def above(*, workspace: WorkspaceRef) -> Iterator[Above]:
    """Every GPT above its owner's ceiling, by id; a few statements a thousand GPTs."""
    allows_public, after_id = finding.allows_public(), 0
    suspects = _suspects(allows_public=allows_public).order_by("id")
    while chunk := list(suspects.filter(id__gt=after_id)[:_CHUNK]):
        after_id = chunk[-1].pk
        yield from _above(chunk, workspace=workspace, allows_public=allows_public)


def above_among(*, gpts: Collection[Gpt], workspace: WorkspaceRef) -> list[Above]:
    """Those of these GPTs that stand above their owner's ceiling."""
    allows_public = finding.allows_public()
    return list(_above(gpts, workspace=workspace, allows_public=allows_public))


def ceilings_of(
    *, owner_ids: Collection[int], workspace: WorkspaceRef
) -> dict[int, str]:
    """How far each of these members may share, by their roles and their seat."""
    found = standings.of(ids=owner_ids, workspace=workspace)
    return {
        member_id: str(_as_if_active(one.standing).verdict(_FEATURE).value)
        for member_id, one in found.items()
    }


def _as_if_active(standing: Standing) -> Standing:
    return replace(standing, status=MembershipStatus.ACTIVE)


def _above(
    gpts: Collection[Gpt], *, workspace: WorkspaceRef, allows_public: bool
) -> Iterator[Above]:
    owner_ids = {gpt.owner_id for gpt in gpts}
    features = ceilings_of(owner_ids=owner_ids, workspace=workspace)
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
