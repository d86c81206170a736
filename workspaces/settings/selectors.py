"""Answers what the policy text is and who acknowledged it, and which workspaces are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from workspaces.members.models import Membership, MembershipStatus
from workspaces.settings.models import Acknowledgement, PolicyText
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.plans import Plan

COUNTS_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of the active members have an acknowledgement that counts."""

    acknowledged: int
    members: int


def current() -> PolicyText | None:
    """The policy text in force in the open workspace; None where there is none."""
    newest = PolicyText.objects.order_by("-version").first()
    return newest if newest and newest.text else None


def newest_version() -> int:
    """The number of the newest version, also of one that ended the policy."""
    newest = PolicyText.objects.order_by("-version").first()
    return newest.version if newest else 0


def share(*, text: PolicyText, at: datetime) -> Share:
    """How many acknowledged this version in the last 30 days."""
    active = Membership.objects.filter(status=MembershipStatus.ACTIVE)
    done = Acknowledgement.objects.filter(
        membership_id=OuterRef("pk"),
        version=text.version,
        acknowledged_at__gt=at - COUNTS_FOR,
    )
    return Share(
        acknowledged=active.filter(Exists(done)).count(), members=active.count()
    )


def of_organization() -> list[Workspace]:
    """The workspaces of the open organization, by name."""
    return list(Workspace.objects.order_by("name", "id"))


def plans_to_choose() -> list[Plan]:
    """The plans that the organization has: a further one comes from the operator."""
    found = set(Workspace.objects.values_list("plan", flat=True))
    return [plan for plan in Plan if plan.value in found]
