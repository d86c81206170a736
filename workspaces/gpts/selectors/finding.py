"""Which GPTs a workspace has, by whom and for whom; nothing here opens content."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.access import selectors as access
from workspaces.gpts.levels import SHOWN_TO_ALL
from workspaces.gpts.models import Gpt, GptPolicy, GptShare, GptVersion
from workspaces.groups.models import Group
from workspaces.members import selectors as members
from workspaces.members.models import Membership

_NEWEST: keyset.Order = (("updated_at", "desc"), ("id", "desc"))
_SHOWN = [one.value for one in SHOWN_TO_ALL]


class GptIsGone(Refused):
    """The workspace has no such GPT, or not for this person."""

    status = 404


class Tab(StrEnum):
    """What a member may look through."""

    MINE = "mine"
    SHARED = "shared"
    WORKSPACE = "workspace"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One person or group that a GPT is shared with."""

    share: GptShare
    membership: Membership | None
    group: Group | None


def live() -> QuerySet[Gpt]:
    """The GPTs of the workspace that nobody has deleted."""
    return Gpt.objects.filter(deleted_at__isnull=True)


def one(*, gpt: UUID) -> Gpt:
    """The GPT with that public id."""
    found = live().filter(public_id=gpt).first()
    if found is None:
        raise GptIsGone(_("This workspace has no such GPT."))
    return found


def page_of(
    *, member: Membership, tab: Tab, after: str | None = None, size: int = 50
) -> keyset.Page[Gpt]:
    """One page of what the member made, was given, or finds in the workspace."""
    found = live()
    if tab is Tab.MINE:
        found = found.filter(owner_id=member.pk)
    elif tab is Tab.SHARED:
        given = shares_for(member_id=member.pk).values("gpt_id")
        found = found.filter(id__in=given).exclude(owner_id=member.pk)
    else:
        found = found.filter(visibility__in=_SHOWN)
    return keyset.page(found, order=_NEWEST, after=after, size=size)


def shares_for(*, member_id: int) -> QuerySet[GptShare]:
    """What was shared with a member, directly or through the groups they are in."""
    groups = access.belongings(membership_id=member_id).group_ids
    return GptShare.objects.filter(
        Q(membership_id=member_id) | Q(group_id__in=list(groups))
    )


def version_of(*, gpt: Gpt, number: int) -> GptVersion:
    """One version of the GPT."""
    found = GptVersion.objects.filter(gpt_id=gpt.pk, number=number).first()
    if found is None:
        raise GptIsGone(_("The GPT has no such version."))
    return found


def versions_of(*, gpt: Gpt, size: int = 200) -> list[GptVersion]:
    """The versions without their text, the newest first."""
    found = GptVersion.objects.filter(gpt_id=gpt.pk).defer("summary", "config")
    return list(found.order_by("-number")[:size])


def recipients_of(*, gpt: Gpt) -> list[Recipient]:
    """Whom the GPT is shared with, in the order in which they came."""
    shares = list(GptShare.objects.filter(gpt_id=gpt.pk).order_by("id"))
    people = members.by_id(ids={s.membership_id for s in shares if s.membership_id})
    groups = Group.objects.in_bulk([s.group_id for s in shares if s.group_id])
    return [
        Recipient(
            share=share,
            membership=people.get(share.membership_id or 0),
            group=groups.get(share.group_id or 0),
        )
        for share in shares
    ]


def allows_public() -> bool:
    """Whether the workspace lets GPTs be shared with the public at all."""
    return GptPolicy.objects.filter(allows_public=True).exists()
