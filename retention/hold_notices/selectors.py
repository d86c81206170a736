"""Answers which custodians were told about a hold, and what one was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kit.sealing import binding, open_sealed
from retention.hold_notices.models import HoldNotice
from retention.holds.models import Hold, HoldScope
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy import selectors as tenants


@dataclass(frozen=True, kw_only=True)
class Custodian:
    """A member whom a hold in force names; `notice` None: not told yet."""

    member: Membership
    notice: HoldNotice | None


def custodians_of(*, hold: Hold) -> list[Custodian]:
    """The active members whom a hold names and has not released, by address."""
    scopes = HoldScope.objects.filter(
        hold=hold, membership_id__isnull=False, released_at__isnull=True
    )
    rows = Membership.objects.filter(
        pk__in=scopes.values("membership_id"), status=MembershipStatus.ACTIVE
    )
    told = {one.membership_id: one for one in HoldNotice.objects.filter(hold=hold)}
    return [
        Custodian(member=row, notice=told.get(row.pk))
        for row in rows.order_by("email", "id")
    ]


def notices_to(*, membership_id: int) -> list[HoldNotice]:
    """What one member was told, newest first."""
    rows = HoldNotice.objects.filter(membership_id=membership_id)
    return list(rows.select_related("hold").order_by("-id")[:100])


def notice_to(*, membership_id: int, public_id: UUID) -> HoldNotice:
    """One notice to this member; HoldNotice.DoesNotExist otherwise."""
    return HoldNotice.objects.select_related("hold").get(
        membership_id=membership_id, public_id=public_id
    )


def texts_of(*, notices: Sequence[HoldNotice]) -> dict[int, str]:
    """What stands in these notices."""
    if not notices:
        return {}
    key = tenants.organization_key()
    return {
        one.pk: open_sealed(
            bytes(one.text),
            key=key,
            aad=binding(table="retention_holdnotice", row=one.public_id, column="text"),
        ).decode()
        for one in notices
    }
