"""What those who govern see: every GPT without its text, rules, approvals, reviews."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.gpts import hosts
from workspaces.gpts.hosts import Ruling
from workspaces.gpts.levels import SHOWN_TO_ALL, Visibility
from workspaces.gpts.models import (
    ActionDomain,
    Gpt,
    GptReview,
    GptShare,
    ReviewState,
    ThirdPartyApproval,
)
from workspaces.gpts.selectors import finding
from workspaces.groups import rules as naming
from workspaces.groups.models import Group
from workspaces.members import addresses
from workspaces.members import selectors as members
from workspaces.members.models import Membership, MembershipStatus

_NEWEST: keyset.Order = (("updated_at", "desc"), ("id", "desc"))
_REVIEWS: keyset.Order = (("requested_at", "desc"), ("id", "desc"))
_APPROVALS: keyset.Order = (("approved_at", "desc"), ("id", "desc"))


class NobodyThere(Refused):
    """No member can be found under that name."""

    status = 422


class UnknownReview(Refused):
    """There is no such request here."""

    status = 404


class UnknownApproval(Refused):
    """There is no such approval here."""

    status = 404


class UnknownDomain(Refused):
    """There is no such rule here."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many GPTs there are at each level, and how many want an owner."""

    by_visibility: dict[str, int]
    unassigned: int

    @property
    def total(self) -> int:
        return sum(self.by_visibility.values())


def counts() -> Counts:
    """The number of GPTs by how far they are shared."""
    rows = (
        finding.live()
        .values("visibility", "is_unassigned")
        .annotate(number=Count("id"))
        .order_by("visibility", "is_unassigned")
    )
    by_visibility = dict.fromkeys((one.value for one in Visibility), 0)
    unassigned = 0
    for row in rows:
        by_visibility[row["visibility"]] += row["number"]
        unassigned += row["number"] if row["is_unassigned"] else 0
    return Counts(by_visibility=by_visibility, unassigned=unassigned)


def page(
    *,
    visibility: str = "",
    only_unassigned: bool = False,
    after: str | None = None,
    size: int = 50,
) -> keyset.Page[Gpt]:
    """One page of all GPTs, the last changed first."""
    found = finding.live()
    if visibility:
        found = found.filter(visibility=visibility)
    if only_unassigned:
        found = found.filter(is_unassigned=True)
    return keyset.page(found, order=_NEWEST, after=after, size=size)


def named_among(*, gpts: Collection[Gpt]) -> dict[Gpt, int]:
    """Of these, the ones whose name admins may read, with the version it is from.

    Somebody has shown them to all, or asks to; other names are their owner's.
    """
    waiting = waiting_among(gpts=gpts)
    shown = {one.value for one in SHOWN_TO_ALL}
    named = {}
    for gpt in gpts:
        if gpt.visibility in shown:
            named[gpt] = gpt.public_number or gpt.latest_number
        elif gpt.pk in waiting:
            named[gpt] = waiting[gpt.pk]
    return named


def waiting_among(*, gpts: Collection[Gpt]) -> dict[int, int]:
    """Of these, the ones that wait for a review, with the version that does."""
    waiting = GptReview.objects.filter(
        gpt_id__in=[gpt.pk for gpt in gpts], state=ReviewState.WAITING
    )
    return dict(waiting.values_list("gpt_id", "number"))


def by_key(*, ids: Collection[int]) -> dict[int, Gpt]:
    """These GPTs, deleted ones left out: what a page of rows is about."""
    return finding.live().in_bulk(list(ids))


def owner_of(*, gpt: Gpt) -> Membership:
    """Whose the GPT is."""
    return members.by_id(ids=[gpt.owner_id])[gpt.owner_id]


def active_member(*, email: str) -> Membership:
    """The active member with that address."""
    found = Membership.objects.filter(
        email=addresses.fold(email), status=MembershipStatus.ACTIVE
    ).first()
    if found is None:
        raise NobodyThere(_("No active member of this workspace has that address."))
    return found


def review(*, review: UUID) -> GptReview:
    """The request with that id."""
    found = GptReview.objects.filter(public_id=review).first()
    if found is None:
        raise UnknownReview(_("There is no such request for a review."))
    return found


def reviews(
    *, is_waiting: bool, after: str | None = None, size: int = 50
) -> keyset.Page[GptReview]:
    """One page of requests: those that wait, or those that are over."""
    found = GptReview.objects.filter(gpt__deleted_at__isnull=True)
    if is_waiting:
        found = found.filter(state=ReviewState.WAITING)
    else:
        found = found.exclude(state=ReviewState.WAITING)
    return keyset.page(found, order=_REVIEWS, after=after, size=size)


def reviews_of(*, gpt: Gpt, size: int = 20) -> list[GptReview]:
    """The requests about one GPT, the newest first."""
    return list(GptReview.objects.filter(gpt_id=gpt.pk).order_by("-id")[:size])


def is_waiting(*, gpt: Gpt) -> bool:
    """Whether a version of the GPT waits for its review."""
    waiting = GptReview.objects.filter(gpt_id=gpt.pk, state=ReviewState.WAITING)
    return waiting.exists()


def waiting_count() -> int:
    """How many requests wait for somebody."""
    waiting = GptReview.objects.filter(
        state=ReviewState.WAITING, gpt__deleted_at__isnull=True
    )
    return waiting.count()


def approvals(
    *, after: str | None = None, size: int = 50
) -> keyset.Page[ThirdPartyApproval]:
    """One page of GPTs from outside that were approved, withdrawn ones included."""
    found = ThirdPartyApproval.objects.all()
    return keyset.page(found, order=_APPROVALS, after=after, size=size)


def domains() -> list[ActionDomain]:
    """The domains that actions may call, by name."""
    return list(ActionDomain.objects.order_by("domain"))


def ruling_on(*, url: str) -> Ruling:
    """Which rule lets an address be called, if one does; BadHost where it is none."""
    host = hosts.host_of(url) if "/" in url else hosts.canonical(url)
    return hosts.ruling(host, domains=[one.domain for one in domains()])


def discoverable_group(*, name: str) -> Group | None:
    """The group of that name, if members may find it."""
    return _discoverable().filter(folded_name=naming.fold(name)).first()


def discoverable_names(*, size: int = 200) -> list[str]:
    """The first names of groups that members may find."""
    found = _discoverable().order_by("folded_name")
    return list(found.values_list("name", flat=True)[:size])


def hidden_groups_of(*, gpt: Gpt) -> list[Group]:
    """The groups that lose the GPT at its next update, since nobody finds them."""
    shared = GptShare.objects.filter(gpt_id=gpt.pk, group__isnull=False)
    ids = list(shared.values_list("group_id", flat=True))
    if not ids:
        return []
    found = _discoverable().filter(id__in=ids).values("id")
    return list(Group.objects.filter(id__in=ids).exclude(id__in=found).order_by("id"))


def recipient_of(*, share: GptShare) -> dict[str, str]:
    """Whom a share is with, as the log names them."""
    if share.membership_id:
        person = members.by_id(ids=[share.membership_id])[share.membership_id]
        return {"member": str(person.public_id)}
    group = Group.objects.get(pk=share.group_id or 0)
    return {"group": str(group.public_id)}


def is_found(group: Group) -> bool:
    """Whether members may find the group."""
    return group.is_discoverable


def _discoverable() -> QuerySet[Group]:
    return Group.objects.filter(is_discoverable=True)
