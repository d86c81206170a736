"""What the pages of members share: a member in words, addresses, breadcrumbs."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from workspaces.members.forms import STATUS_LABELS
from workspaces.members.models import Membership, MembershipStatus, MemberSource
from workspaces.members.selectors import Wanted
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy.seats import LABELS as SEAT_LABELS
from workspaces.tenancy.seats import SeatType

_KINDS = {
    MembershipStatus.ACTIVE: "ok",
    MembershipStatus.SUSPENDED: "off",
    MembershipStatus.REMOVED: "off",
}


def shown(request: Any, member: Membership) -> dict[str, Any]:
    """A member as rows and pages show them."""
    status = MembershipStatus(member.status)
    return {
        "id": member.public_id,
        "name": member.name or member.email.partition("@")[0],
        "email": member.email,
        "role": LABELS[Role(member.role)],
        "seat": SEAT_LABELS[SeatType(member.seat)],
        "source": MemberSource(member.source).label,
        "is_managed": member.source == MemberSource.SCIM,
        "status_kind": _KINDS[status],
        "status_word": STATUS_LABELS[status],
        "is_active": status is MembershipStatus.ACTIVE,
        "is_self": member.pk == request.actor.membership_id,
        "since": member.created_at,
        "url": url(request, "members-detail", member=member.public_id),
    }


def url(request: Any, page: str, **names: Any) -> str:
    """The address of a page of this workspace."""
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def url_if_any(request: Any, page: str, **names: Any) -> str:
    """The same of a page that another slice brings; nothing where it is not there."""
    try:
        return url(request, page, **names)
    except NoReverseMatch:
        return ""


def query(wanted: Wanted, **more: str) -> str:
    """The list with these filters."""
    kept = {name: value for name, value in more.items() if value}
    return f"?{urlencode({**wanted.as_query(), **kept})}"


def crumbs(request: Any, *further: dict[str, str]) -> list[dict[str, str]]:
    """Where a page below the list of members stands."""
    workspace = request.workspace
    members_url = url(request, "members-list") if further else ""
    return [
        {"label": workspace.organization.name, "url": ""},
        {"label": workspace.name, "url": url(request, "overview")},
        {"label": _("Members"), "url": members_url},
        *further,
    ]
